"""A shift without a screen: a script's steps played on a real phone store and a real sync. For demos, tests and the curious."""
