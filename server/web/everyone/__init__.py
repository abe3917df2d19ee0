"""Pages for everybody who works with Lantern, whatever their role."""

from server.web.everyone.account import change_password, choose_sign, end_session, make_codes, show_account
from server.web.everyone.analysts import download_exact, end_naming, name_analyst, show_exact
from server.web.everyone.basemap import send_tile, show_ground
from server.web.everyone.board import answer_notice, hang_notice, show_board, take_down_notice
from server.web.everyone.drafts import keep_draft, read_drafts, show_session, stay
from server.web.everyone.guides import show_guide, show_guides, show_picture
from server.web.everyone.notifications import keep_choices, show_choices
from server.web.everyone.publications import approve, show_publications, withdraw
from server.web.everyone.recipients import agree, propose, show_recipients
from server.web.everyone.service_feed import describe_feed, list_feed, tell_service
from server.web.everyone.service_files import bring_services, show_files
from server.web.everyone.service_form import edit_service, remove_service, save_service, say_checked
from server.web.everyone.services import list_named, search_services, show_service, show_services
from server.web.everyone.shelf import download_study, show_shelf, show_study, take_down_study

PAGES = (
    show_guides,
    show_picture,
    show_guide,
    show_recipients,
    propose,
    agree,
    show_exact,
    download_exact,
    name_analyst,
    end_naming,
    show_board,
    hang_notice,
    answer_notice,
    take_down_notice,
    show_shelf,
    show_study,
    download_study,
    take_down_study,
    show_publications,
    approve,
    withdraw,
    show_choices,
    keep_choices,
    show_account,
    change_password,
    choose_sign,
    end_session,
    make_codes,
    keep_draft,
    read_drafts,
    show_session,
    stay,
    show_services,
    search_services,
    list_named,
    show_service,
    edit_service,
    save_service,
    say_checked,
    remove_service,
    show_files,
    bring_services,
    describe_feed,
    list_feed,
    tell_service,
    show_ground,
    send_tile,
)
