// What a token says about itself. Only the gateway can verify it, so nothing is decided by this.

/** The claims of a token, or none if it isn't a JWT. */
export function claimsOf<Claims extends object>(token: string): Partial<Claims> {
  try {
    const text = atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/"));
    return (JSON.parse(text) as Partial<Claims> | null) ?? {};
  } catch {
    return {};
  }
}
