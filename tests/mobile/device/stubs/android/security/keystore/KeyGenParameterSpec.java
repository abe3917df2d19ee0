package android.security.keystore;

import java.security.spec.AlgorithmParameterSpec;

public final class KeyGenParameterSpec implements AlgorithmParameterSpec {
    public final String alias;
    public final int purposes;
    public final boolean strongBox;
    public final boolean unlockedOnly;
    public final String[] digests;
    public final AlgorithmParameterSpec parameters;

    private KeyGenParameterSpec(Builder from) {
        alias = from.alias;
        purposes = from.purposes;
        strongBox = from.strongBox;
        unlockedOnly = from.unlockedOnly;
        digests = from.digests;
        parameters = from.parameters;
    }

    public static final class Builder {
        private final String alias;
        private final int purposes;
        private boolean strongBox;
        private boolean unlockedOnly;
        private String[] digests;
        private AlgorithmParameterSpec parameters;

        public Builder(String keystoreAlias, int purposes) {
            this.alias = keystoreAlias;
            this.purposes = purposes;
        }

        public Builder setIsStrongBoxBacked(boolean isStrongBoxBacked) { strongBox = isStrongBoxBacked; return this; }
        public Builder setUnlockedDeviceRequired(boolean required) { unlockedOnly = required; return this; }
        public Builder setDigests(String... digests) { this.digests = digests; return this; }
        public Builder setAlgorithmParameterSpec(AlgorithmParameterSpec spec) { parameters = spec; return this; }
        public KeyGenParameterSpec build() { return new KeyGenParameterSpec(this); }
    }
}
