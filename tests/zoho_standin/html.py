"""The frame of the stand-in's pages, and escaped pieces to fill it with."""

from __future__ import annotations

from markupsafe import Markup
from werkzeug.wrappers import Response

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1d2430;
       background: #f4f6f9; }
header { background: #1f3a63; color: #fff; padding: .75rem 1.5rem; }
header a { color: #fff; font-weight: 600; }
main { max-width: 90rem; margin: 1.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
a { color: #0b4fa8; }
.card { background: #fff; border: 1px solid #ccd4df; border-radius: .5rem;
        padding: 1.25rem 1.5rem; max-width: 30rem; }
label { display: block; font-weight: 600; margin-top: .75rem; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .45rem .6rem;
        border: 1px solid #6b7686; border-radius: .3rem; }
button { font: inherit; font-weight: 600; padding: .5rem 1.25rem; margin: 1rem .5rem 0 0;
         border-radius: .3rem; border: 1px solid #0b4fa8; background: #0b4fa8;
         color: #fff; cursor: pointer; }
button.quiet { background: #fff; color: #0b4fa8; }
.error { color: #a01414; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: #fff; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem;
         border: 1px solid #ccd4df; }
th { background: #e6ebf2; } td.date { white-space: nowrap; }
td.amount { text-align: right; white-space: nowrap; }
tr:target td { background: #fff3c4; }
code { font-size: .9em; overflow-wrap: anywhere; }
"""

_FRAME = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Zoho (stand-in)</title>
<style>{style}</style>
</head>
<body>
<header><a href="/">Zoho Books (stand-in, data centre {centre})</a></header>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
""")


def page(title: str, centre: str, content: Markup, status: int = 200) -> Response:
    text = _FRAME.format(
        title=title,
        centre=centre,
        content=content,
        style=Markup(_STYLE),  # noqa: S704 -- our own constant
    )
    response = Response(text, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def joined(pieces: list[Markup]) -> Markup:
    return Markup("\n").join(pieces)


def table(caption: str, headings: list[str], rows: list[Markup]) -> Markup:
    """`rows` are whole `<tr>` elements."""
    if not rows:
        return Markup("<h2>{}</h2><p>Nothing here yet.</p>").format(caption)
    heads = joined([Markup('<th scope="col">{}</th>').format(h) for h in headings])
    return Markup(
        '<h2>{caption}</h2><div class="wide" tabindex="0" role="region"'
        ' aria-label="{caption}"><table><thead><tr>{heads}</tr></thead>'
        "<tbody>{rows}</tbody></table></div>"
    ).format(caption=caption, heads=heads, rows=joined(rows))
