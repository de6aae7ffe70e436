"""All that a notice is printed as: letter (PDF, DOCX, page), JSON, texts for a form, e-mail; and the drafts of complaints."""

from cases.papers.complaint import complaint_paper, complaint_text
from cases.papers.notice_data import notice_json
from cases.papers.notice_form import Filled, notice_fields, notice_text
from cases.papers.notice_letter import addressed, notice_paper
from cases.papers.notice_mail import notice_eml

__all__ = [
    "Filled", "addressed", "complaint_paper", "complaint_text", "notice_eml", "notice_fields", "notice_json", "notice_paper", "notice_text",
]  # fmt: skip
