"""Where do relative pictures and links in a description lead? To the run's own files, wherever the text is shown."""

import re
from html import unescape
from urllib.parse import unquote

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

# nh3 writes attributes in double quotes; what this pattern does not see stays as it was.
_ADDRESS = re.compile(r'(<(?P<tag>img|a)\b[^>]*?\s(?:src|href)=")(?P<url>[^"]*)"')
# What can be wider than its place scrolls, and must do so by keyboard. Without quotes, the attribute stays harmless
# should the pattern ever meet the inside of another attribute's value.
_SCROLLING = re.compile(r"<(pre|table)\b")
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/#?\\]")


def with_own_files(html: str, workspace_name: str, uid: str) -> SafeString:
    """``html``, which was cleaned when it was saved, with relative addresses leading to the run's files."""

    def replaced(match: re.Match[str]) -> str:
        url = unescape(match["url"])
        path = unquote(url).removeprefix("./")
        if not path or _ELSEWHERE.match(url):
            return match[0]
        place, end = ("run_download", "?show") if match["tag"] == "img" else ("run_file", "")
        return f'{match[1]}{escape(reverse(place, args=[workspace_name, uid, path]) + end)}"'

    html = _SCROLLING.sub(r"<\1 tabindex=0", html)
    return mark_safe(_ADDRESS.sub(replaced, html))  # noqa: S308 - cleaned on save, and what is put in is escaped
