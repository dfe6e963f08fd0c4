"""Where the templates of what is handed out, and of what came of it, are."""

import jinja2

PAGES = jinja2.Environment(
    # The results look like the kit's other page, whose style is with the reports.
    loader=jinja2.ChoiceLoader(
        [
            jinja2.PackageLoader("mi_cot_lib.course.classroom"),
            jinja2.PackageLoader("mi_cot_lib.report"),
        ]
    ),
    autoescape=jinja2.select_autoescape(["html.jinja"]),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
