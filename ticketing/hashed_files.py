"""Static files under names that carry a hash of their content, also where one of our modules imports another.

Django can rewrite imports in every script; packages' scripts have comments that look like imports, so
ours alone are rewritten: one form, `import … from "./other.js";`.
"""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORT = r"""(?m)^(?P<matched>import (?P<names>[^"';]+) from "(?P<url>\./[^"]+)";)"""


class HashedFiles(CompressedManifestStaticFilesStorage):
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*", ((IMPORT, 'import %(names)s from "%(url)s";'),)))
