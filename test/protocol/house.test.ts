import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Import {
  /** The importing file, from the checkout's root. */
  readonly from: string
  /** A file from the checkout's root, or a package. */
  readonly to: string
  readonly local: boolean
}

const imports = ['protocol', 'node', 'web'].flatMap(sourcesIn).flatMap(importsOf)

describe('protocol/', () => {
  // Each imports only itself and what stands before it. A file such as bytes.ts is the whole of its noun.
  const order = [
    'bytes',
    'encoding',
    'crypto',
    'authority',
    'identity',
    'merkle',
    'log',
    'ordering',
    'epoch',
    'link',
    'room',
    'call',
    'replication',
    'pairing',
    'checkpoint',
    'anchor',
    'verification',
  ]
  const nounOf = (file: string) => file.split('/')[1]?.replace(/\.ts$/, '') ?? ''

  test('knows every noun in it', () => {
    const nouns = new Set(sourcesIn('protocol').map(nounOf))
    expect([...nouns].filter((noun) => !['index', 'errors', ...order].includes(noun))).toEqual([])
  })

  test('imports only from the nouns before', () => {
    const backwards = imports.filter(({ from, to, local }) => {
      if (!local || !from.startsWith('protocol/') || nounOf(from) === 'index') return false
      if (!to.startsWith('protocol/')) return true
      return nounOf(to) !== 'errors' && !(order.indexOf(nounOf(to)) <= order.indexOf(nounOf(from)))
    })
    expect(backwards).toEqual([])
  })
})

describe('the doors between the three', () => {
  test('web imports the contract, verification, and call only where calls are', () => {
    const walls = imports.filter(({ from, to, local }) => {
      if (!local || !from.startsWith('web/') || to.startsWith('web/')) return false
      if (to.startsWith('node/api/') || to.startsWith('protocol/verification/')) return false
      return !(from.startsWith('web/calls/') && to.startsWith('protocol/call/'))
    })
    expect(walls).toEqual([])
  })

  test('nobody imports the page, and the contract imports nobody', () => {
    expect(imports.filter(({ from, to }) => to.startsWith('web/') && !from.startsWith('web/'))).toEqual([])
    const foreign = imports.filter(
      ({ from, to, local }) => local && from.startsWith('node/api/') && !to.startsWith('node/api/'),
    )
    expect(foreign.filter(({ to }) => !to.startsWith('protocol/'))).toEqual([])
  })
})

describe('libraries', () => {
  const packages = imports.filter(({ to, local }) => !local && !to.startsWith('node:'))
  const holepunch = ['hypercore', 'corestore', 'hyperswarm', 'hyperdht', 'protomux']
  // One link, two places that draw it as a QR code.
  const shared: Record<string, readonly string[]> = { uqr: ['node', 'web'] }

  test('of Holepunch are known to storage and replication alone', () => {
    const strays = packages.filter(
      ({ from, to }) => holepunch.includes(to) && !/^node\/(storage|replication)\//.test(from),
    )
    expect(strays).toEqual([])
  })

  test('each belong to one of protocol, node and web', () => {
    const owners = new Map<string, Set<string>>()
    for (const { from, to } of packages) {
      owners.set(to, (owners.get(to) ?? new Set()).add(from.slice(0, from.indexOf('/'))))
    }
    const split = [...owners]
      .filter(([, folders]) => folders.size > 1)
      .map(([name, folders]) => [name, [...folders].sort()])
    expect(Object.fromEntries(split)).toEqual(shared)
  })
})

describe('the compiler', () => {
  const outside = [6059, 6307]

  test.each([
    ['protocol', 'import "../node/api/problems.ts"'],
    ['protocol', 'import "../web/main.ts"'],
    ['node/api', 'import "../backend.ts"'],
    ['node', 'import "../web/main.ts"'],
    ['web', 'import "../node/config.ts"'],
  ])('refuses in %s: %s', (project, statement) => {
    expect(codesOf(project, statement)).toEqual(expect.arrayContaining([expect.toBeOneOf(outside)]))
  })

  test.each([
    ['protocol', 'import "./bytes.ts"'],
    ['node', 'import "../protocol/bytes.ts"; import "./api/problems.ts"'],
    ['web', 'import "../node/api/problems.ts"'],
  ])('allows in %s: %s', (project, statement) => {
    expect(codesOf(project, statement).filter((code) => outside.includes(code))).toEqual([])
  })

  test.each(['Buffer', 'process', 'fetch', 'setTimeout', 'document', 'import("node:fs")'])(
    'does not know %s in protocol/',
    (name) => {
      const unknown = [2304, 2307, 2580, 2584, 2591]
      expect(codesOf('protocol', `export const it = ${name}`)).toEqual(
        expect.arrayContaining([expect.toBeOneOf(unknown)]),
      )
    },
  )
})

/** The error codes that a project has with one more file of this text, which exists only here. */
function codesOf(project: string, text: string): number[] {
  const folder = join(root, project)
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  const { fileNames, options, projectReferences } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const file = join(folder, 'one-file-more.ts')
  const host = ts.createCompilerHost(options)
  const { fileExists, getSourceFile } = host
  host.fileExists = (name) => name === file || fileExists(name)
  host.getSourceFile = (name, target, ...rest) => {
    if (name === file) return ts.createSourceFile(name, text, target)
    const key = `${project} ${name}`
    if (!parsed.has(key)) parsed.set(key, getSourceFile(name, target, ...rest))
    return parsed.get(key)
  }
  const program = ts.createProgram({
    rootNames: [...fileNames, file],
    options,
    host,
    ...(projectReferences ? { projectReferences } : {}),
  })
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getSemanticDiagnostics(program.getSourceFile(file)),
  ]
  return diagnostics.map(({ code }) => code)
}

/** Sources that were read already: most of a program is the same from case to case. */
const parsed = new Map<string, ts.SourceFile | undefined>()

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8')
  const scripts = from.endsWith('.vue')
    ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, code]) => code)
    : [text]
  return scripts.flatMap((script) =>
    ts.preProcessFile(script ?? '', true, true).importedFiles.map(({ fileName }) => {
      const local = fileName.startsWith('.')
      return { from, to: local ? join(dirname(from), fileName) : packageOf(fileName), local }
    }),
  )
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
