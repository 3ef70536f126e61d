"""WeasyPrint kept in memory: for each line "HTML-FILE<TAB>PDF-FILE" on stdin one PDF, one line on stdout.

Runs in an environment of its own below .tools: it is no part of postbus.
"""

import sys

import weasyprint  # type: ignore[import-not-found, unused-ignore]


def main() -> None:
    """Serve until stdin ends."""
    print("ready", flush=True)
    for line in sys.stdin:
        html, pdf = line.rstrip("\n").split("\t")
        weasyprint.HTML(filename=html).write_pdf(pdf)
        print("done", flush=True)


if __name__ == "__main__":
    main()
