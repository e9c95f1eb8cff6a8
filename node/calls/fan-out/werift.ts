import { createHash } from 'node:crypto'
import type { DtlsSocket, SrtcpSession, SrtpSession } from 'werift'

/** The library for DTLS, SRTP and RTCP, which a node without a call by fan-out never loads. */
export type Werift = typeof import('werift')

export function loadWerift(): Promise<Werift> {
  return import('werift')
}

type SignatureHash = NonNullable<ConstructorParameters<Werift['DtlsServer']>[0]['signatureHash']>

export interface Certificate {
  readonly certPem: string
  readonly keyPem: string
  readonly signatureHash: SignatureHash
  /** SHA-256. */
  readonly fingerprint: Uint8Array
}

/** A certificate for one connection alone. */
export async function makeCertificate(werift: Werift): Promise<Certificate> {
  const made = await werift.CipherContext.createSelfSignedCertificateWithKey(
    { signature: werift.SignatureAlgorithm.ecdsa_3, hash: werift.HashAlgorithm.sha256_4 },
    werift.NamedCurveAlgorithm.secp256r1_23,
  )
  const der = Buffer.from(made.certPem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return { ...made, fingerprint: fingerprintOf(der) }
}

/** SHA-256 of a certificate in DER (RFC 8122). */
export function fingerprintOf(certificate: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(certificate).digest())
}

/** What seals and opens packets between two ends whose handshake is done (RFC 5764). */
export interface MediaKeys {
  readonly rtp: SrtpSession
  readonly rtcp: SrtcpSession
}

export function mediaKeysOf(werift: Werift, dtls: DtlsSocket): MediaKeys {
  const profile = dtls.srtp.srtpProfile!
  const made = dtls.extractSessionKeys(werift.keyLength(profile), werift.saltLength(profile))
  const keys = {
    localMasterKey: made.localKey,
    localMasterSalt: made.localSalt,
    remoteMasterKey: made.remoteKey,
    remoteMasterSalt: made.remoteSalt,
  }
  return { rtp: new werift.SrtpSession({ keys, profile }), rtcp: new werift.SrtcpSession({ keys, profile }) }
}
