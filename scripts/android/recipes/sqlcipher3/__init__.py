"""python-for-android's local recipe for sqlcipher3: SQLCipher and its DB-API, built from the source distribution.

The source distribution holds SQLCipher's amalgamation, so that only libcrypto is needed. Its address is told at build time
(`P4A_sqlcipher3_DIR`, a directory with the unpacked source distribution, see docs/android.md): no host is named here.
"""

from pythonforandroid.recipe import CompiledComponentsPythonRecipe


class Sqlcipher3Recipe(CompiledComponentsPythonRecipe):
    """Links SQLCipher against python-for-android's own OpenSSL."""

    name = "sqlcipher3"
    version = "0.6.4"
    url = None
    depends = ["openssl", "setuptools"]
    site_packages_name = "sqlcipher3"
    call_hostpython_via_targetpython = False

    def get_recipe_env(self, arch=None, with_flags_in_cc=True):
        env = super().get_recipe_env(arch, with_flags_in_cc)
        openssl = self.get_recipe("openssl", self.ctx)
        env["CFLAGS"] += openssl.include_flags(arch)
        env["LDFLAGS"] += openssl.link_dirs_flags(arch)
        # setup.py adds -lm -lcrypto itself; without conan in the host Python it downloads nothing.
        return env


recipe = Sqlcipher3Recipe()
