"""Messages (EML) as text: subject, who to whom and when, and the body."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import MIMEPart

from mbegu.sources.documents.documents import Part, one_line
from mbegu.sources.documents.html import read_html
from mbegu.sources.documents.lines import parts

SHOWN = ("From", "To", "Cc", "Date")


def read_mail(content: bytes) -> list[Part]:
    """Parts of a message: its head, under the subject as heading, and its body, as plain text if it has both."""
    message = message_from_bytes(content, policy=policy.default)
    subject = one_line(str(message["subject"] or ""))
    head = [f"{name}: {one_line(str(message[name]))}" for name in SHOWN if message[name]]
    body = message.get_body(("plain", "html"))
    attached = sum(1 for _ in message.iter_attachments()) if message.is_multipart() else 0
    lost = (f"attachments left out: {attached}",) if attached else ()
    return [Part(subject, "\n".join([subject, *head]), lost=lost), *(_body(body) if body is not None else ())]


def _body(body: MIMEPart) -> Iterator[Part]:
    said = body.get_content()
    if body.get_content_subtype() == "html":
        yield from read_html(said.encode("utf-8", "replace"))
    else:
        yield from parts([said.replace("\r\n", "\n").split("\n")], numbered=False)
