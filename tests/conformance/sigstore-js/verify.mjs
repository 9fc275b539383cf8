// usage: node verify.mjs BUNDLE PUBLIC_KEY (PEM); exit status 0 when @sigstore/verify accepts the bundle.
import { readFileSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { Verifier, toSignedEntity, toTrustMaterial } from "@sigstore/verify";

const [bundlePath, keyPath] = process.argv.slice(2);
const bundle = bundleFromJSON(JSON.parse(readFileSync(bundlePath, "utf8")));
const key = createPublicKey(readFileSync(keyPath));
const hint = bundle.verificationMaterial.content.publicKey.hint;
const details = key.asymmetricKeyType === "ed25519" ? 7 : 5; // PKIX_ED25519, PKIX_ECDSA_P256_SHA_256
const keys = {
  [hint]: {
    rawBytes: key.export({ type: "spki", format: "der" }),
    keyDetails: details,
    validFor: { start: new Date(0) },
  },
};
const root = {
  mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  tlogs: [], ctlogs: [], certificateAuthorities: [], timestampAuthorities: [],
};
const verifier = new Verifier(toTrustMaterial(root, keys), { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
verifier.verify(toSignedEntity(bundle));
console.log(`@sigstore/verify accepts ${bundlePath}`);
