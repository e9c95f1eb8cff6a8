import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import sodium from 'sodium-universal'
import { HomeError } from '../home-error.ts'
import { readIfThere, writeDurably } from './durable-file.ts'

/** One room that this node is in: what its link said, and what has become of the own log in it. */
export interface VaultRoom {
  readonly genesis: string
  readonly secret: string
  /** Of the invite that one came by, or that one made the room with; null where it has none from the start. */
  readonly inviteSeed: string | null
  /** Seeds of invites that were made here. */
  readonly invites?: readonly string[]
  readonly name: string
  /** The log that this device writes there; absent before it has begun one. */
  readonly own?: OwnLogState
  /** Messages that wait for it to be known how the own log ends. */
  readonly outbox?: readonly WaitingMessage[]
}

/** `doubt`: why it is not known how the own log ends. Specs: specs/log.md#going-on. */
export interface OwnLogState {
  readonly generation: number
  readonly doubt: Doubt | null
}

/** `unclean`: the machine stopped before the disk had everything. `copied`: the logs are a copy, or restored from one. */
export type Doubt = 'unclean' | 'copied'

/** What somebody has asked to say. `time`: when, Unix ms; no two of an outbox have the same. */
export interface WaitingMessage {
  readonly time: number
  readonly text: string
}

/** What one has noted of somebody else. */
export interface VaultContact {
  /** Identity id, hex. */
  readonly identity: string
  /** The name that one calls them by; null: by their own. */
  readonly petname: string | null
  /** When they were found to be who they say, Unix ms; null: never. */
  readonly confirmed: number | null
}

/** A way to a public chain: the own node of it that is asked. */
export interface VaultChain {
  /** As its owner calls it. */
  readonly name: string
  readonly kind: 'bitcoin' | 'litecoin'
  /** With user and password. */
  readonly url: string
  /** So many blocks make one final. */
  readonly depth: number
}

/** Every secret of a node. Bytes are hex. */
export interface VaultContent {
  /** The 24 recovery words, until their owner has written them down; then null. */
  readonly words: string | null
  readonly deviceSeed: string
  /** Of the key that the node has on the network; not the device's, so that the DHT does not learn who it is. */
  readonly networkSeed: string
  readonly viewKey: string
  /** Seals what the key store holds. */
  readonly keyStoreKey: string
  /** Identity statements, CBOR. */
  readonly identity: string
  readonly name: string | null
  /** The hidden room of this person's devices; its name is that of this device. */
  readonly ownRoom: VaultRoom
  readonly rooms: readonly VaultRoom[]
  readonly contacts: readonly VaultContact[]
  /** Identities, hex, that may see the address of this device in a call. */
  readonly direct?: readonly string[]
  readonly chains?: readonly VaultChain[]
}

interface Lock {
  readonly salt: string
  readonly operations: number
  readonly memory: number
}

type VaultFile =
  | { readonly version: 1; readonly lock: null; readonly content: VaultContent }
  | { readonly version: 1; readonly lock: Lock; readonly nonce: string; readonly box: string }

/** The secrets of a node, in one file. */
export interface KeyVault {
  readonly content: VaultContent
  /** Durable once resolved; the present content stays if it fails. One change at a time, in order. */
  change(changed: (content: VaultContent) => VaultContent): Promise<void>
}

const fileName = 'vault.json'
// Argon2id, 64 MiB and 3 passes: RFC 9106's second recommendation.
const strength = { operations: 3, memory: 64 * 2 ** 20 }
const mostOperations = 64
const leastMemory = 2 ** 13
const mostMemory = 2 ** 30

/**
 * Open the vault of a home, or make one with `fresh` content.
 *
 * `passphrase` is asked only if the vault is locked. Throws `HomeError` vault/….
 */
export async function openKeyVault(
  home: string,
  passphrase: (() => Promise<string>) | undefined,
  fresh: () => VaultContent,
): Promise<KeyVault> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  const path = join(home, fileName)
  const files = await readVault(path)
  const lock = files[0]?.lock ?? null
  const key = lock ? await lockKey(await ask(passphrase), lock) : null
  const vault = new FileVault(path, files.length > 0 ? openFile(files, key) : fresh(), lock, key)
  if (files.length === 0) await vault.change((content) => content)
  return vault
}

/** Lock a vault with another passphrase, or with none. `present` is null where it is not locked. */
export async function changePassphrase(home: string, present: string | null, next: string | null): Promise<void> {
  const path = join(home, fileName)
  const files = await readVault(path)
  const [file] = files
  if (!file) throw new HomeError('vault/damaged', `There are no keys in ${home} yet. Start the node once first.`)
  if (file.lock && present === null) throw passphraseNeeded()
  const content = openFile(files, file.lock ? await lockKey(present ?? '', file.lock) : null)
  const lock = next === null ? null : { salt: randomBytes(16).toString('hex'), ...strength }
  const vault = new FileVault(path, content, lock, lock ? await lockKey(next ?? '', lock) : null)
  await vault.change((same) => same)
}

class FileVault implements KeyVault {
  #content: VaultContent
  #writing: Promise<void> = Promise.resolve()
  readonly #path: string
  readonly #lock: Lock | null
  readonly #key: Uint8Array | null

  constructor(path: string, content: VaultContent, lock: Lock | null, key: Uint8Array | null) {
    this.#path = path
    this.#content = content
    this.#lock = lock
    this.#key = key
  }

  get content(): VaultContent {
    return this.#content
  }

  change(changed: (content: VaultContent) => VaultContent): Promise<void> {
    const write = this.#writing.then(async () => {
      const content = changed(this.#content)
      const text = `${JSON.stringify(this.#file(content), null, 2)}\n`
      // At any moment one of the two is whole, also where the other was damaged before.
      await writeDurably(`${this.#path}.copy`, text)
      await writeDurably(this.#path, text)
      this.#content = content
    })
    this.#writing = write.catch(() => {})
    return write
  }

  #file(content: VaultContent): VaultFile {
    if (!this.#lock || !this.#key) return { version: 1, lock: null, content }
    const nonce = randomBytes(24)
    const plaintext = Buffer.from(JSON.stringify(content))
    const box = Buffer.alloc(plaintext.length + 16)
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(box, plaintext, bound(this.#lock), null, nonce, this.#key)
    return { version: 1, lock: this.#lock, nonce: nonce.toString('hex'), box: box.toString('base64') }
  }
}

async function ask(passphrase: (() => Promise<string>) | undefined): Promise<string> {
  if (!passphrase) throw passphraseNeeded()
  return passphrase()
}

const passphraseNeeded = () =>
  new HomeError('vault/passphrase-needed', 'The keys of this home are locked with a passphrase.')

async function lockKey(passphrase: string, { salt, operations, memory }: Lock): Promise<Uint8Array> {
  const key = Buffer.alloc(32)
  const password = Buffer.from(passphrase.normalize('NFKC'))
  await sodium.crypto_pwhash_async(
    key,
    password,
    Buffer.from(salt, 'hex'),
    operations,
    memory,
    sodium.crypto_pwhash_ALG_ARGON2ID13,
  )
  return key
}

/** The parameters are sealed in, so that nobody can put weaker ones beside the box. */
const bound = ({ salt, operations, memory }: Lock): Uint8Array => Buffer.from(`1|${salt}|${operations}|${memory}`)

/** The content of the first of these files that opens. */
function openFile(files: readonly VaultFile[], key: Uint8Array | null): VaultContent {
  for (const file of files) {
    if (!file.lock) return file.content
    const box = Buffer.from(file.box, 'base64')
    const plaintext = Buffer.alloc(Math.max(0, box.length - 16))
    try {
      const nonce = Buffer.from(file.nonce, 'hex')
      sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, null, box, bound(file.lock), nonce, key!)
      return JSON.parse(plaintext.toString())
    } catch {
      // A box that was damaged looks like one that another passphrase locks: the copy tells.
    }
  }
  throw new HomeError('vault/passphrase-wrong', 'This is not the passphrase of this home.')
}

/** The vault file and its copy, those of them that are whole and locked alike; none where there is neither. */
async function readVault(path: string): Promise<VaultFile[]> {
  const texts = [await readIfThere(path), await readIfThere(`${path}.copy`)]
  const files = texts.flatMap((text) => (text === null ? [] : (parseVault(text) ?? [])))
  const [first] = files
  // A copy from before the passphrase must not open where the vault itself is locked.
  if (first) return files.filter(({ lock }) => JSON.stringify(lock) === JSON.stringify(first.lock))
  if (texts.every((text) => text === null)) return []
  throw new HomeError(
    'vault/damaged',
    `The keys in ${path} cannot be read, and neither can their copy. Restore both files from a backup.`,
  )
}

function parseVault(text: string): VaultFile | null {
  let file: Partial<VaultFile & { content: unknown }> & { version?: number }
  try {
    file = JSON.parse(text)
  } catch {
    return null
  }
  if (file === null || typeof file !== 'object') return null
  if (typeof file.version === 'number' && file.version > 1) {
    throw new HomeError('home/newer', 'This home was written by a newer Parley. Update this one to use it.')
  }
  const whole = file.lock === null ? isContent(file.content) : isLock(file.lock) && 'nonce' in file && 'box' in file
  return file.version === 1 && whole ? (file as VaultFile) : null
}

function isContent(content: unknown): boolean {
  const { deviceSeed, networkSeed, viewKey, keyStoreKey, identity, ownRoom, rooms, contacts } = (content ??
    {}) as Record<string, unknown>
  const hex = [deviceSeed, networkSeed, viewKey, keyStoreKey].every(
    (each) => typeof each === 'string' && /^[0-9a-f]{64}$/.test(each),
  )
  return (
    hex && typeof identity === 'string' && ownRoom instanceof Object && Array.isArray(rooms) && Array.isArray(contacts)
  )
}

function isLock(lock: unknown): boolean {
  const { salt, operations, memory } = (lock ?? {}) as Record<string, unknown>
  const isWithin = (value: unknown, least: number, most: number) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
  return (
    typeof salt === 'string' &&
    /^[0-9a-f]{32}$/.test(salt) &&
    isWithin(operations, 1, mostOperations) &&
    isWithin(memory, leastMemory, mostMemory)
  )
}
