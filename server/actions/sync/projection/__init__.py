"""What accepted changes mean for the domain's own tables: a batch at a time, in the transaction of the push.

Facts are added and never changed; descriptions take the value that sync's merge shows; verification and the MDT list
follow from the facts, for the people whom the batch touched. Everything here can be rebuilt from the changes.
"""

from server.actions.sync.projection.projection import Projection

__all__ = ["Projection"]
