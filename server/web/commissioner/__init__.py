"""Pages of a commissioner: the published map, the figures by quarter, and what of them is open to everybody. No page here names a
person or takes a filter."""

from server.web.commissioner.hotspots import show_map, show_newest_map
from server.web.commissioner.progress import (
    download_open_data,
    download_progress,
    show_progress,
    show_public_figures,
)

PAGES = (show_newest_map, show_map, show_progress, download_progress, show_public_figures, download_open_data)
