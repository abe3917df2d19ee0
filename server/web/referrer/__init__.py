"""Pages of a referrer, who may be anybody: telling us about someone sleeping rough, and hearing what became of it."""

from server.web.referrer.notice import send_notice, show_notice_form, show_notice_status, show_notice_status_form
from server.web.referrer.own_page import open_own_page, show_own_door, use_own_page
from server.web.referrer.report import send_report, show_report_form
from server.web.referrer.status import (
    answer_more,
    answer_still_there,
    show_answer,
    show_status,
    show_status_form,
    tell_still_there,
)

PAGES = (
    show_own_door,
    open_own_page,
    use_own_page,
    show_report_form,
    send_report,
    show_status_form,
    show_status,
    tell_still_there,
    show_answer,
    answer_still_there,
    answer_more,
    show_notice_form,
    send_notice,
    show_notice_status_form,
    show_notice_status,
)
