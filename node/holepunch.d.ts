// The Holepunch packages have no types. Only what this project calls is declared, so that a new use is a decision.

declare module 'sodium-universal' {
  export const crypto_sign_SEEDBYTES: number
  export const crypto_pwhash_ALG_ARGON2ID13: number
  export function crypto_hash_sha256(out: Uint8Array, data: Uint8Array): void
  export function crypto_generichash(out: Uint8Array, data: Uint8Array): void
  export function crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  export function crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  export function crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean
  export function crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean
  export function crypto_aead_chacha20poly1305_ietf_encrypt(
    out: Uint8Array,
    plaintext: Uint8Array,
    associated: Uint8Array,
    unused: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number
  export function crypto_aead_chacha20poly1305_ietf_decrypt(
    out: Uint8Array,
    unused: null,
    ciphertext: Uint8Array,
    associated: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number
  export function crypto_aead_xchacha20poly1305_ietf_encrypt(
    out: Uint8Array,
    plaintext: Uint8Array,
    associated: Uint8Array,
    unused: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number
  export function crypto_aead_xchacha20poly1305_ietf_decrypt(
    out: Uint8Array,
    unused: null,
    ciphertext: Uint8Array,
    associated: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number
  export function crypto_pwhash_async(
    out: Uint8Array,
    password: Uint8Array,
    salt: Uint8Array,
    operations: number,
    memory: number,
    algorithm: number,
  ): Promise<void>
}

declare module 'protomux' {
  import type { NoiseStream } from 'hyperdht'

  interface Message {
    send(message: Uint8Array): boolean
  }
  interface Channel {
    readonly messages: Message[]
    readonly closed: boolean
    open(): void
    close(): void
  }
  interface ChannelOptions {
    protocol: string
    id: Uint8Array
    messages: { onmessage(message: Uint8Array): unknown }[]
    onopen?(): unknown
    onclose?(): unknown
  }
  export default class Protomux {
    static from(stream: NoiseStream): Protomux
    pair(name: { protocol: string; id?: Uint8Array | null }, notify: (id: Uint8Array | null) => unknown): void
    unpair(name: { protocol: string; id?: Uint8Array | null }): void
    createChannel(options: ChannelOptions): Channel | null
  }
}

declare module 'hyperdht' {
  import type { EventEmitter } from 'node:events'

  export interface Address {
    host: string
    port: number
  }
  export interface KeyPair {
    publicKey: Buffer
    secretKey: Buffer
  }
  export interface NoiseStream extends EventEmitter {
    readonly isInitiator: boolean
    readonly publicKey: Buffer
    readonly remotePublicKey: Buffer
    readonly handshakeHash: Buffer
    readonly rawStream: { readonly remoteHost: string; readonly remotePort: number }
    readonly opened: Promise<boolean>
    readonly destroyed: boolean
    trySend(datagram: Uint8Array): void
    setKeepAlive(ms: number): void
    write(message: Uint8Array): boolean
    end(): void
    destroy(error?: Error): void
  }
  export interface DhtOptions {
    bootstrap?: (Address | string)[]
    nodes?: Address[]
    port?: number
    host?: string
    firewalled?: boolean
    ephemeral?: boolean
    anyPort?: boolean
    keyPair?: KeyPair
  }
  export interface DhtServer {
    listen(keyPair: KeyPair): Promise<void>
    close(): Promise<void>
  }
  export default class HyperDHT extends EventEmitter {
    static BOOTSTRAP: string[]
    static keyPair(seed?: Uint8Array): KeyPair
    static bootstrapper(port: number, host: string, options?: DhtOptions): HyperDHT
    readonly host: string | null
    readonly port: number
    readonly online: boolean
    readonly degraded: boolean
    readonly nodes: { readonly length: number }
    bootstrapNodes: Address[]
    readonly io: { readonly serverSocket: { address(): Address } | null }
    constructor(options?: DhtOptions)
    bind(): Promise<void>
    fullyBootstrapped(): Promise<void>
    createServer(onConnection: (stream: NoiseStream) => void): DhtServer
    connect(key: Uint8Array, options?: { relayAddresses?: Address[] | null; keyPair?: KeyPair }): NoiseStream
    toArray(options?: { limit?: number }): Address[]
    addNode(address: Address): void
    destroy(options?: { force?: boolean }): Promise<void>
  }
}

declare module 'hyperdht/testnet.js' {
  import type HyperDHT from 'hyperdht'
  import type { Address } from 'hyperdht'

  export interface Testnet {
    readonly bootstrap: Address[]
    readonly nodes: HyperDHT[]
    destroy(): Promise<void>
  }
  export default function createTestnet(size?: number): Promise<Testnet>
}

declare module 'hyperswarm' {
  import type { EventEmitter } from 'node:events'
  import type HyperDHT from 'hyperdht'
  import type { KeyPair, NoiseStream } from 'hyperdht'

  interface PeerInfo extends EventEmitter {
    readonly publicKey: Buffer
    readonly topics: Buffer[]
  }
  interface Discovery {
    flushed(): Promise<void>
    refresh(options: { client: boolean; server: boolean }): Promise<void>
    destroy(): Promise<void>
  }
  export default class Hyperswarm extends EventEmitter {
    readonly connections: Set<NoiseStream>
    readonly peers: Map<string, PeerInfo>
    readonly keyPair: KeyPair
    constructor(options: { dht: HyperDHT; keyPair: KeyPair; maxPeers?: number; maxServerConnections?: number })
    join(topic: Uint8Array, options?: { client?: boolean; server?: boolean }): Discovery
    joinPeer(key: Uint8Array): void
    leavePeer(key: Uint8Array): void
    listen(): Promise<void>
    flush(): Promise<void>
    destroy(options?: { force?: boolean }): Promise<void>
    on(event: 'connection', listener: (stream: NoiseStream, info: PeerInfo) => void): this
    on(event: 'update', listener: () => void): this
  }
}

declare module 'hypercore' {
  import type { EventEmitter } from 'node:events'
  import type Protomux from 'protomux'

  export interface Manifest {
    version: 2
    signers: { publicKey: Uint8Array }[]
    userData: Uint8Array
  }
  interface TreeNode {
    readonly index: number
    readonly size: number
    readonly hash: Buffer
  }
  /** What the other side has shown of its history, from the first block on. */
  export interface ConflictProof {
    readonly upgrade: {
      readonly nodes: readonly TreeNode[]
      readonly additionalNodes: readonly TreeNode[]
      readonly signature: Buffer
    }
  }
  interface ReadBatch {
    getBlock(index: number): Promise<Buffer | null>
    getTreeNode(index: number): Promise<TreeNode | null>
    tryFlush(): void
  }
  interface RemoteCore {
    readonly remotePublicKey: Buffer
    readonly remoteContiguousLength: number
    readonly remoteFork: number
  }
  export default class Hypercore extends EventEmitter {
    static key(manifest: Manifest): Buffer
    readonly key: Buffer
    readonly discoveryKey: Buffer
    readonly length: number
    readonly contiguousLength: number
    readonly fork: number
    readonly peers: RemoteCore[]
    readonly state: { readonly storage: { read(): ReadBatch } }
    readonly core: { readonly header: { readonly frozen: boolean } }
    ready(): Promise<void>
    setKeyPair(keyPair: { publicKey: Uint8Array; secretKey: Uint8Array }): void
    append(blocks: Uint8Array[]): Promise<{ length: number }>
    get(index: number, options?: { wait?: boolean; timeout?: number }): Promise<Buffer | null>
    treeHash(length?: number): Promise<Buffer>
    proof(options: { upgrade: { start: number; length: number } }): Promise<{
      fork: number
      upgrade: { signature: Buffer }
    }>
    download(range: { start: number; end: number }): { destroy(): void; done(): Promise<void> }
    replicate(mux: Protomux): unknown
    close(): Promise<void>
    once(event: 'conflict', listener: (length: number, fork: number, proof: ConflictProof) => void): this
    once(event: 'close', listener: () => void): this
  }
}

declare module 'hypercore/lib/multisig.js' {
  const multisig: {
    /** Throws for bytes that are no such wrapping. */
    inflate(wrapped: Uint8Array): { proofs: { signature: Uint8Array }[] }
  }
  export default multisig
}

declare module 'corestore' {
  import type Hypercore from 'hypercore'
  import type { Manifest } from 'hypercore'

  export default class Corestore {
    readonly storage: { readonly db: { flush(): Promise<void> } }
    constructor(directory: string)
    ready(): Promise<void>
    get(
      options: ({ manifest: Manifest } | { discoveryKey: Uint8Array }) & {
        allowFork?: boolean
        /** Blocks asked for at once: of a near node, and of a far one at most. */
        inflightRange?: readonly [number, number]
      },
    ): Hypercore
    list(): AsyncIterable<Buffer>
    close(): Promise<void>
  }
}
