package lantern;

import android.security.keystore.KeyGenParameterSpec;
import android.security.keystore.KeyInfo;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.*;
import java.security.cert.Certificate;
import java.security.spec.*;
import java.util.*;
import javax.crypto.*;
import javax.crypto.spec.SecretKeySpec;

/** A stand-in for the provider AndroidKeyStore: real keys in memory, with the settings they were asked for. */
public final class Keys extends Provider {
    public static boolean hasStrongBox = false;
    static final Map<String, Object> KEYS = new HashMap<>();
    static final Map<String, KeyGenParameterSpec> SPECS = new HashMap<>();

    public Keys() {
        super("AndroidKeyStore", "1.0", "stub");
        put("KeyStore.AndroidKeyStore", Store.class.getName());
        put("KeyGenerator.HmacSHA256", Secret.class.getName());
        put("KeyPairGenerator.EC", Pair.class.getName());
        put("KeyFactory.EC", Told.class.getName());
    }

    public static void install() { Security.addProvider(new Keys()); }

    static void ask(KeyGenParameterSpec spec) {
        if (spec.strongBox && !hasStrongBox) throw new ProviderException("StrongBoxUnavailableException");
        SPECS.put(spec.alias, spec);
        Heard.say("key " + spec.alias + " purposes=" + spec.purposes + " strongbox=" + spec.strongBox
            + " unlocked=" + spec.unlockedOnly + " digests=" + Arrays.toString(spec.digests));
    }

    public static final class Secret extends KeyGeneratorSpi {
        private KeyGenParameterSpec spec;
        @Override protected void engineInit(SecureRandom random) { throw new UnsupportedOperationException(); }
        @Override protected void engineInit(int size, SecureRandom random) { throw new UnsupportedOperationException(); }
        @Override protected void engineInit(AlgorithmParameterSpec given, SecureRandom random) {
            spec = (KeyGenParameterSpec) given;
        }
        @Override protected SecretKey engineGenerateKey() {
            ask(spec);
            byte[] bytes = new byte[32];
            new SecureRandom().nextBytes(bytes);
            SecretKey key = new SecretKeySpec(bytes, "HmacSHA256");
            KEYS.put(spec.alias, key);
            return key;
        }
    }

    public static final class Pair extends KeyPairGeneratorSpi {
        private KeyGenParameterSpec spec;
        @Override public void initialize(int size, SecureRandom random) { throw new UnsupportedOperationException(); }
        @Override public void initialize(AlgorithmParameterSpec given, SecureRandom random) {
            spec = (KeyGenParameterSpec) given;
        }
        @Override public KeyPair generateKeyPair() {
            ask(spec);
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
                generator.initialize(spec.parameters);
                KeyPair pair = generator.generateKeyPair();
                KEYS.put(spec.alias, pair);
                return pair;
            } catch (GeneralSecurityException error) {
                throw new ProviderException(error);
            }
        }
    }

    public static final class Told extends KeyFactorySpi {
        @Override protected PublicKey engineGeneratePublic(KeySpec spec) { throw new UnsupportedOperationException(); }
        @Override protected PrivateKey engineGeneratePrivate(KeySpec spec) { throw new UnsupportedOperationException(); }
        @Override protected Key engineTranslateKey(Key key) { throw new UnsupportedOperationException(); }
        @Override protected <T extends KeySpec> T engineGetKeySpec(Key key, Class<T> kind) throws InvalidKeySpecException {
            if (kind != (Class<?>) KeyInfo.class) throw new InvalidKeySpecException(String.valueOf(kind));
            for (Map.Entry<String, Object> one : KEYS.entrySet()) {
                if (one.getValue() instanceof KeyPair && ((KeyPair) one.getValue()).getPrivate().equals(key)) {
                    return kind.cast(new KeyInfo(SPECS.get(one.getKey()).strongBox ? 2 : 1));
                }
            }
            throw new InvalidKeySpecException("no such key");
        }
    }

    static final class Proof extends Certificate {
        private final PublicKey key;
        Proof(PublicKey key) { super("X.509"); this.key = key; }
        @Override public byte[] getEncoded() { return new byte[0]; }
        @Override public void verify(PublicKey with) {}
        @Override public void verify(PublicKey with, String provider) {}
        @Override public String toString() { return "stub"; }
        @Override public PublicKey getPublicKey() { return key; }
    }

    public static final class Store extends KeyStoreSpi {
        @Override public Key engineGetKey(String alias, char[] password) {
            Object key = KEYS.get(alias);
            return key instanceof KeyPair ? ((KeyPair) key).getPrivate() : (Key) key;
        }
        @Override public Certificate engineGetCertificate(String alias) {
            Object key = KEYS.get(alias);
            return key instanceof KeyPair ? new Proof(((KeyPair) key).getPublic()) : null;
        }
        @Override public Certificate[] engineGetCertificateChain(String alias) { return null; }
        @Override public Date engineGetCreationDate(String alias) { return null; }
        @Override public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {}
        @Override public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {}
        @Override public void engineSetCertificateEntry(String alias, Certificate certificate) {}
        @Override public void engineDeleteEntry(String alias) { KEYS.remove(alias); }
        @Override public Enumeration<String> engineAliases() { return Collections.enumeration(KEYS.keySet()); }
        @Override public boolean engineContainsAlias(String alias) { return KEYS.containsKey(alias); }
        @Override public int engineSize() { return KEYS.size(); }
        @Override public boolean engineIsKeyEntry(String alias) { return KEYS.containsKey(alias); }
        @Override public boolean engineIsCertificateEntry(String alias) { return false; }
        @Override public String engineGetCertificateAlias(Certificate certificate) { return null; }
        @Override public void engineStore(OutputStream stream, char[] password) {}
        @Override public void engineLoad(InputStream stream, char[] password) {}
        @Override public void engineLoad(KeyStore.LoadStoreParameter parameter) {}
    }
}
