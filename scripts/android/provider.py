"""A hook of python-for-android (`p4a.hook`): the one provider of files that the camera app writes a picture through.

python-for-android has no setting for a provider, so it is written into the manifest's template of the distribution before the app
is packed. It is not exported: only whom this app hands an address may use it, and only for that one.
"""

from pathlib import Path
from typing import Any

TEMPLATE = "AndroidManifest.tmpl.xml"
END = "</application>"
PROVIDER = """
        <provider android:name="androidx.core.content.FileProvider"
                  android:authorities="{{ args.package }}.pictures"
                  android:exported="false"
                  android:grantUriPermissions="true">
            <meta-data android:name="android.support.FILE_PROVIDER_PATHS" android:resource="@xml/lantern_pictures" />
        </provider>
    """


def with_provider(manifest: str) -> str:
    """The template with the provider in it, once. Raises ValueError for one that python-for-android has put otherwise."""
    if "FileProvider" in manifest:
        return manifest
    if manifest.count(END) != 1:
        raise ValueError(
            "the template of the manifest has no single end of the application: provider.py must learn it anew"
        )
    return manifest.replace(END, PROVIDER + END)


def before_apk_build(toolchain: Any) -> None:
    """Called by python-for-android with itself."""
    for template in Path(toolchain._dist.dist_dir).rglob(TEMPLATE):
        template.write_text(with_provider(template.read_text()))
