"""AndroidKeyStore through pyjnius: both keys are made inside the hardware and never leave it. Never run on a device
yet.

Every call is made on a desktop JVM by tests/mobile/device/test_on_a_jvm.py; what was not is listed in docs/android.md. Only
this module speaks Java for keys, and it is imported on Android alone.
"""

from typing import Any

from mobile.device.keystore import raw_signature
from mobile.device.ports import KeystoreLost

UNLOCKING_ALIAS = "lantern-unlocking"
SIGNING_ALIAS = "lantern-signing"
PROVIDER = "AndroidKeyStore"
LEVEL_SINCE = 31
"""`KeyInfo.getSecurityLevel` came with this API level."""
LEVELS = {0: "software", 1: "tee", 2: "strongbox"}
"""`KeyProperties.SECURITY_LEVEL_*`."""


class AndroidKeystore:
    """HMAC-SHA256 and P-256 keys, StrongBox where the phone has one, usable only while the phone itself is unlocked."""

    def __init__(self) -> None:
        from jnius import autoclass, cast

        self._class = autoclass
        self._cast = cast
        self._store = autoclass("java.security.KeyStore").getInstance(PROVIDER)
        self._store.load(None)

    @property
    def level(self) -> str:
        """Where the signing key lives, as the phone itself says it: also after a restart of the app."""
        try:
            return self._said_level()
        except Exception:  # no key yet, or a phone that does not say
            return "tee"

    def _said_level(self) -> str:
        key = self._cast("java.security.PrivateKey", self._key(SIGNING_ALIAS))
        factory = self._class("java.security.KeyFactory").getInstance(key.getAlgorithm(), PROVIDER)
        kind = self._class("android.security.keystore.KeyInfo")
        info = self._cast("android.security.keystore.KeyInfo", factory.getKeySpec(key, kind))
        if self._class("android.os.Build$VERSION").SDK_INT < LEVEL_SINCE:
            return "tee" if info.isInsideSecureHardware() else "software"
        return LEVELS.get(info.getSecurityLevel(), "tee")

    @property
    def is_ready(self) -> bool:
        return bool(self._store.containsAlias(UNLOCKING_ALIAS) and self._store.containsAlias(SIGNING_ALIAS))

    def make_keys(self) -> None:
        try:
            self._make_both(strongbox=True)
        except Exception:  # StrongBoxUnavailableException: most phones have none
            self._make_both(strongbox=False)

    def hmac(self, message: bytes) -> bytes:
        mac = self._class("javax.crypto.Mac").getInstance("HmacSHA256")
        mac.init(self._cast("java.security.Key", self._key(UNLOCKING_ALIAS)))
        return _unsigned(mac.doFinal(message))

    def public_key(self) -> bytes:
        certificate = self._store.getCertificate(SIGNING_ALIAS)
        if certificate is None:
            raise KeystoreLost(SIGNING_ALIAS)
        return _unsigned(certificate.getPublicKey().getEncoded())[-65:]

    def sign(self, message: bytes) -> bytes:
        signature = self._class("java.security.Signature").getInstance("SHA256withECDSA")
        signature.initSign(self._cast("java.security.PrivateKey", self._key(SIGNING_ALIAS)))
        signature.update(message)
        return raw_signature(_unsigned(signature.sign()))

    def forget_unlocking_key(self) -> None:
        self._store.deleteEntry(UNLOCKING_ALIAS)

    def forget_signing_key(self) -> None:
        self._store.deleteEntry(SIGNING_ALIAS)

    def _key(self, alias: str) -> Any:
        try:
            key = self._store.getKey(alias, None)
        except Exception as error:  # UnrecoverableKeyException and its kin: the hardware refuses its own key
            raise KeystoreLost(alias) from error
        if key is None:
            raise KeystoreLost(alias)
        return key

    def _make_both(self, *, strongbox: bool) -> None:
        properties = self._class("android.security.keystore.KeyProperties")
        unlocking = self._builder(UNLOCKING_ALIAS, properties.PURPOSE_SIGN, strongbox)
        generator = self._class("javax.crypto.KeyGenerator").getInstance("HmacSHA256", PROVIDER)
        generator.init(unlocking.setUnlockedDeviceRequired(True).build())
        generator.generateKey()
        signing = self._builder(SIGNING_ALIAS, properties.PURPOSE_SIGN, strongbox)
        curve = self._class("java.security.spec.ECGenParameterSpec")("secp256r1")
        signing.setAlgorithmParameterSpec(self._cast("java.security.spec.AlgorithmParameterSpec", curve))
        # Variadic in Java (`String...`): pyjnius packs the arguments itself, and a list would be packed twice.
        signing.setDigests(properties.DIGEST_SHA256)
        pair = self._class("java.security.KeyPairGenerator").getInstance("EC", PROVIDER)
        pair.initialize(self._cast("java.security.spec.AlgorithmParameterSpec", signing.build()))
        pair.generateKeyPair()

    def _builder(self, alias: str, purposes: int, strongbox: bool) -> Any:
        builder = self._class("android.security.keystore.KeyGenParameterSpec$Builder")(alias, purposes)
        return builder.setIsStrongBoxBacked(strongbox)


def _unsigned(java_bytes: Any) -> bytes:
    """Java's bytes are signed; Python's are not."""
    return bytes(b & 255 for b in java_bytes)
