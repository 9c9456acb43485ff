"""The program that opens documents: run by `sandbox`, in a process with limits.

What is opened here comes from strangers: a page of two kilobytes may want hours and all
memory. So it runs alone, takes the file on its standard input, and answers with its exit
code and on its standard output. It imports nothing of ours, so that it starts at once,
and PDFium, which takes longest, only for a PDF.
"""

import resource
import sys
from io import BytesIO

from PIL import Image, ImageOps

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
HEIC = "image/heic"
FORMATS = {PNG: "PNG", JPEG: "JPEG", HEIC: "HEIF"}
MOST_PIXELS = 16_000_000
"""A page's picture is made smaller until it fits, however tall the page is."""
MOST_IMAGE_PIXELS = 25_000_000
"""Of an uploaded picture; a page of A4 at 400 dots per inch has 15 million."""
JPEG_QUALITY = 85
MOST_SECONDS = 10
MOST_MEMORY = 768 * 1024 * 1024

# Exit codes; every other one but 0 means that a limit was reached.
DAMAGED, LOCKED, TOO_MANY_PIXELS = 3, 4, 5
# PDFium's word for a document that wants a password.
PASSWORD_WANTED = 4
SIDEWAYS = frozenset({5, 6, 7, 8})
ORIENTATION = 0x0112


def main() -> int:
    """`examine TYPE`, `convert TYPE`, or `draw TYPE PAGE WIDTH`."""
    _limit()
    task, content_type, *numbers = sys.argv[1:]
    content = sys.stdin.buffer.read()
    try:
        answer = _done(task, content, content_type, [int(each) for each in numbers])
    except Image.DecompressionBombError:
        return TOO_MANY_PIXELS
    except (OSError, ValueError, SyntaxError):
        return DAMAGED
    except RuntimeError as error:
        return _told_by_pdfium(error)
    sys.stdout.buffer.write(answer)
    return 0


def _done(task: str, content: bytes, content_type: str, numbers: list[int]) -> bytes:
    match task:
        case "examine":
            return examined(content, content_type)
        case "convert":
            return converted(content, content_type)
        case _:
            return drawn(content, content_type, *numbers)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _told_by_pdfium(error: RuntimeError) -> int:
    """The exit code for what it says; raises what it has not said."""
    import pypdfium2  # noqa: PLC0415

    if not isinstance(error, pypdfium2.PdfiumError):
        raise error
    wanted = getattr(error, "err_code", None) == PASSWORD_WANTED
    return LOCKED if wanted else DAMAGED


def examined(content: bytes, content_type: str) -> bytes:
    """Pages, and 1 if the first one has a size; a picture is read to its last pixel."""
    if content_type != PDF:
        _opened(content, content_type).load()
        return b"1 1"
    import pypdfium2  # noqa: PLC0415

    pdf = pypdfium2.PdfDocument(content)
    pages = len(pdf)
    # Asked of the document: opening the page would read all that is on it.
    width, height = pdf.get_page_size(0) if pages else (0, 0)
    return f"{pages} {int(width > 0 and height > 0)}".encode()


def converted(content: bytes, content_type: str) -> bytes:
    """A photograph as a JPEG that every program opens, lying as it was taken.

    Of what else the file says only its colours are kept: where it was taken, and with
    which telephone, is nobody's affair.
    """
    image = _opened(content, content_type)
    colours = image.info.get("icc_profile")
    out = BytesIO()
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.save(out, "JPEG", quality=JPEG_QUALITY, icc_profile=colours)
    return out.getvalue()


def drawn(content: bytes, content_type: str, page: int, width: int) -> bytes:
    """The page as a PNG about as wide as asked."""
    if content_type == PDF:
        picture = _pdf_page(content, page, width)
    else:
        picture = _photograph(_opened(content, content_type), width)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _pdf_page(content: bytes, page: int, width: int) -> Image.Image:
    import pypdfium2  # noqa: PLC0415

    sheet = pypdfium2.PdfDocument(content)[page - 1]
    page_width, page_height = sheet.get_size()
    scale = picture_scale(page_width, page_height, width)
    picture: Image.Image = sheet.render(scale=scale).to_pil().convert("RGB")
    return picture


def picture_scale(page_width: float, page_height: float, width: int) -> float:
    """Pixels per point: the width asked for, unless that makes too large a picture."""
    scale = width / max(page_width, 1)
    pixels = max(page_width, 1) * max(page_height, 1) * scale * scale
    return scale if pixels <= MOST_PIXELS else scale * (MOST_PIXELS / pixels) ** 0.5


def _photograph(image: Image.Image, width: int) -> Image.Image:
    """Small first: turning and converting cost a copy of all its pixels each."""
    box = (width, MOST_PIXELS // width)
    if image.getexif().get(ORIENTATION) in SIDEWAYS:
        box = box[::-1]
    if image.mode in ("1", "P"):
        image = image.convert("RGB")
    image.thumbnail(box)
    return ImageOps.exif_transpose(image).convert("RGB")


def _opened(content: bytes, content_type: str) -> Image.Image:
    """Not decoded yet, after a look at how many pixels it says it has."""
    if content_type == HEIC:
        _learn_heic()
    image = Image.open(BytesIO(content), formats=[FORMATS[content_type]])
    if image.width * image.height > MOST_IMAGE_PIXELS:
        raise Image.DecompressionBombError
    return image


def _learn_heic() -> None:
    """Its decoders are large, and few documents need them."""
    import pillow_heif  # noqa: PLC0415

    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)


if __name__ == "__main__":
    sys.exit(main())
