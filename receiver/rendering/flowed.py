"""Join the lines that format=flowed has broken. Standard: RFC 3676 section 4."""


def unflow(text: str, *, deletes_space: bool) -> str:
    """Text with soft line breaks removed, quote marks kept; `deletes_space` is delsp=yes."""
    lines: list[str] = []
    open_depth: int | None = None
    for raw in text.split("\n"):
        content = raw.lstrip(">")
        depth = len(raw) - len(content)
        # RFC 3676 4.4: one blank after the quote marks is stuffing.
        content = content.removeprefix(" ")
        # RFC 3676 4.3: the signature separator is a fixed line although it ends in a blank.
        is_soft = content.endswith(" ") and content != "-- "
        if open_depth == depth and content != "-- ":
            lines[-1] += content
        else:
            lines.append(">" * depth + (" " if depth else "") + content)
        if is_soft and deletes_space:
            lines[-1] = lines[-1][:-1]
        open_depth = depth if is_soft else None
    return "\n".join(lines)
