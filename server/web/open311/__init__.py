"""Addresses of partners' systems, which send reports by Open311 (GeoReport v2)."""

from server.web.open311.requests import find_request, find_token, list_requests, send_request
from server.web.open311.service_list import define_service, discover, list_services

PAGES = (discover, list_services, define_service, list_requests, send_request, find_request, find_token)
