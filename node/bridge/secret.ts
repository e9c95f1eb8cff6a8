import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits in base64url. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** SHA-256 of a secret, in hex: what is kept of it. A secret has 256 bits, so its hash needs no salt and no slowness. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Whether a secret has this hash, in a time that does not depend on how much of it is right. */
export function isSecretOf(hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashSecret(secret), 'hex'))
}
