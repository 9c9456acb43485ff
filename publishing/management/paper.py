"""Draws the invoices and receipts of the demo, so that there is something to look at."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

INK: Final = "#1c2733"
PALE: Final = "#6b7785"
RULE: Final = "#c9d1d9"
PAGE: Final = (827, 1169)
"""A4 at 100 dots an inch."""
SLIP: Final = 420
"""Pixels: a till's roll."""


@dataclass(frozen=True)
class Paper:
    """What is printed on it; amounts as the supplier would write them."""

    supplier: str
    address: str
    customer: str
    title: str
    date: str
    lines: tuple[tuple[str, str], ...]
    tax_line: tuple[str, str]
    total: str
    reference: str = ""
    due: str = ""
    footer: str = ""
    colour: str = "#23527c"


def invoice_pdf(paper: Paper, *, terms: tuple[str, ...] = ()) -> bytes:
    """One page, and a second one where there are terms to print."""
    pages = [_invoice(paper), *([_terms(paper, terms)] if terms else [])]
    out = BytesIO()
    title = f"{paper.title} {paper.reference}".strip()
    pages[0].save(
        out, "PDF", resolution=100, save_all=True, append_images=pages[1:], title=title
    )
    return out.getvalue()


def receipt_png(paper: Paper) -> bytes:
    image = _receipt(paper)
    out = BytesIO()
    image.quantize(32).save(out, "PNG", optimize=True)
    return out.getvalue()


def _invoice(paper: Paper) -> Image.Image:
    image = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, PAGE[0], 14), fill=paper.colour)
    draw.text((70, 70), paper.supplier, fill=paper.colour, font=_font(34))
    draw.text((70, 116), paper.address, fill=PALE, font=_font(15))
    _right(draw, 757, 78, paper.title.upper(), _font(24), PALE)
    _facts(draw, paper)
    bottom = _table(draw, paper, top=420)
    _totals(draw, paper, top=bottom + 24)
    draw.text((70, 1090), paper.footer, fill=PALE, font=_font(14))
    return image


def _facts(draw: ImageDraw.ImageDraw, paper: Paper) -> None:
    draw.text((70, 210), "Billed to", fill=PALE, font=_font(14))
    draw.text((70, 232), paper.customer, fill=INK, font=_font(19))
    facts = [("Number", paper.reference), ("Date", paper.date), ("Due", paper.due)]
    top = 210
    for name, value in facts:
        if value:
            draw.text((500, top), name, fill=PALE, font=_font(15))
            _right(draw, 757, top, value, _font(17))
            top += 32


def _table(draw: ImageDraw.ImageDraw, paper: Paper, *, top: int) -> int:
    draw.text((70, top - 34), "Description", fill=PALE, font=_font(14))
    _right(draw, 757, top - 34, "Amount", _font(14), PALE)
    for words, amount in paper.lines:
        draw.line((70, top - 8, 757, top - 8), fill=RULE)
        draw.text((70, top), words, fill=INK, font=_font(17))
        _right(draw, 757, top, amount, _font(17))
        top += 40
    draw.line((70, top - 8, 757, top - 8), fill=RULE)
    return top


def _totals(draw: ImageDraw.ImageDraw, paper: Paper, *, top: int) -> None:
    name, amount = paper.tax_line
    draw.text((430, top), name, fill=PALE, font=_font(16))
    _right(draw, 757, top, amount, _font(17))
    draw.rectangle((420, top + 36, 757, top + 84), fill=paper.colour)
    draw.text((436, top + 48), "Total", fill="white", font=_font(20))
    _right(draw, 745, top + 48, paper.total, _font(22), "white")


def _terms(paper: Paper, terms: tuple[str, ...]) -> Image.Image:
    image = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(image)
    draw.text((70, 70), "Terms and warranty", fill=paper.colour, font=_font(26))
    for place, sentence in enumerate(terms):
        draw.text((70, 140 + 40 * place), sentence, fill=INK, font=_font(16))
    return image


def _receipt(paper: Paper) -> Image.Image:
    height = 330 + 34 * len(paper.lines)
    image = Image.new("RGB", (SLIP, height), "#fdfcf7")
    draw = ImageDraw.Draw(image)
    _middle(draw, 34, paper.supplier, _font(25))
    _middle(draw, 70, paper.address, _font(13), PALE)
    _middle(draw, 104, paper.date, _font(15))
    top = 150
    for words, amount in paper.lines:
        draw.text((36, top), words, fill=INK, font=_font(16))
        _right(draw, SLIP - 36, top, amount, _font(16))
        top += 34
    draw.line((36, top + 2, SLIP - 36, top + 2), fill=RULE)
    draw.text((36, top + 16), "TOTAL", fill=INK, font=_font(22))
    _right(draw, SLIP - 36, top + 16, paper.total, _font(22))
    draw.text((36, top + 54), paper.tax_line[0], fill=PALE, font=_font(14))
    _right(draw, SLIP - 36, top + 54, paper.tax_line[1], _font(14), PALE)
    _middle(draw, top + 100, paper.footer, _font(15), PALE)
    return image


def _right(
    draw: ImageDraw.ImageDraw,
    right: int,
    top: int,
    words: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    fill: str = INK,
) -> None:
    draw.text((right - draw.textlength(words, font), top), words, fill=fill, font=font)


def _middle(
    draw: ImageDraw.ImageDraw,
    top: int,
    words: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    fill: str = INK,
) -> None:
    left = (SLIP - draw.textlength(words, font)) / 2
    draw.text((left, top), words, fill=fill, font=font)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The one that Pillow brings along: the same picture on every machine."""
    return ImageFont.load_default(size)
