import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'
import type { Logger } from 'pino'
import { tidyName } from '../protocol/room/text.ts'

/** A UDP address of the DHT. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What a node is opened with. */
export interface NodeConfig {
  readonly home: string
  /** The DHT nodes one starts from; null: the public ones. */
  readonly bootstrap: readonly Address[] | null
  /** The name to take on a first start. */
  readonly name?: string
  /** Asked only if the vault is locked. */
  readonly passphrase?: () => Promise<string>
  readonly log: Logger
  /** The clock, in Unix ms. */
  readonly now?: () => number
}

/** What `start` was told, by flags and environment, checked. */
export interface Settings {
  readonly home: string
  readonly bootstrap: readonly Address[] | null
  readonly name?: string
  readonly port: number
  readonly host: string
  readonly logLevel: LogLevel
  readonly passphraseFile: string | null
}

/** The flags as they were typed. A flag beats its environment variable. */
export interface Flags {
  readonly home?: string
  readonly port?: string
  readonly host?: string
  readonly bootstrap?: string
  readonly name?: string
}

type Environment = Readonly<Record<string, string | undefined>>

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

/** The port that links lead to. */
export const defaultPort = 7717

/** A setting that cannot be: the sentence says which, and what it may be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Settings from flags and environment. Throws `ConfigError`. */
export function readSettings(flags: Flags, env: Environment): Settings {
  const port = flags.port ?? set(env.PARLEY_PORT)
  const bootstrap = flags.bootstrap ?? set(env.PARLEY_BOOTSTRAP)
  return {
    home: readHome(flags.home, env),
    port: port === undefined ? defaultPort : parsePort(port),
    host: parsePageHost(flags.host ?? '127.0.0.1'),
    bootstrap: bootstrap === undefined ? null : parseAddresses(bootstrap),
    ...(flags.name === undefined ? {} : { name: parseName(flags.name) }),
    logLevel: parseLogLevel(set(env.PARLEY_LOG_LEVEL) ?? 'warn'),
    passphraseFile: set(env.PARLEY_PASSPHRASE_FILE) ?? null,
  }
}

/** Where a node keeps everything it has: the flag, PARLEY_HOME, or the place this system has for such data. */
export function readHome(flag: string | undefined, env: Environment): string {
  if (flag === '') throw new ConfigError('--home needs a folder.')
  return resolve(flag ?? set(env.PARLEY_HOME) ?? envPaths('parley', { suffix: '' }).data)
}

/** A port; 0 stands for any free one. */
export function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1
  if (port < 0 || port > 65_535) throw new ConfigError(`A port is a number from 0 to 65535, not “${text}”.`)
  return port
}

/** Addresses as `host:port,host:port`; an IPv6 host stands in brackets. */
function parseAddresses(text: string): Address[] {
  return text.split(',').map((part) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):([0-9]+)$/.exec(part.trim()) ?? []
    const host = bracketed ?? plain
    if (host === undefined || port === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) {
      throw new ConfigError(`A bootstrap address is written host:port, not “${part}”.`)
    }
    if (parsePort(port) === 0) throw new ConfigError(`“${part}” has no port that one could dial.`)
    return { host, port: Number(port) }
  })
}

function parsePageHost(text: string): string {
  if (text === 'localhost' || text === '127.0.0.1' || text === '::1') return text
  throw new ConfigError(
    `The page can only be served on this computer (127.0.0.1), not on “${text}”: elsewhere browsers allow neither camera nor microphone, and anyone on the network could knock.`,
  )
}

function parseName(text: string): string {
  const name = tidyName(text)
  if (name === '') throw new ConfigError('A name needs at least one visible character.')
  return name
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text)
  if (!level) throw new ConfigError(`PARLEY_LOG_LEVEL is one of ${logLevels.join(', ')}, not “${text}”.`)
  return level
}

/** An empty variable counts as none. */
const set = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** The folder of package.json: the checkout, whether this runs from source or from dist. */
function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (readPackage(folder)?.name !== 'parley') {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('package.json is missing')
    folder = parent
  }
  return folder
}

function readPackage(folder: string): { name?: string; version?: string } | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return null
  }
}

const root = findRoot()

/** The built page. */
export const webRoot = join(root, 'dist/web')
/** This Parley's version. */
export const version = readPackage(root)?.version ?? '0'
