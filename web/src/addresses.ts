/**
 * The addresses that have a page, a star for any one part. registry/http/pages.c answers the same ones with 200 and others
 * with 404; tests/integration/test_pages.py holds the two lists together.
 */
const addresses = [
  "",
  "login",
  "device",
  "account",
  "account/tokens",
  "organisations/*",
  "packages/*/*",
  "packages/*/*/versions",
  "packages/*/*/files",
  "packages/*/*/v/*",
  "packages/*/*/v/*/versions",
  "packages/*/*/v/*/files",
].map((address) => address.split("/").filter(Boolean));

export function isAddress(parts: string[]): boolean {
  return addresses.some((address) => address.length === parts.length && address.every((part, i) => part === "*" || part === parts[i]));
}
