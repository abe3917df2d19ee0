"""Pages of a commissioner: the published map and what it may say. No page here names a person or takes a filter."""

from server.web.commissioner.hotspots import show_map, show_newest_map

PAGES = (show_newest_map, show_map)
