"""Whether a server stands as it should, found in words. `lantern doctor` prints it.

One module for each place that is looked at; nothing is changed anywhere, and no key is read.
"""
