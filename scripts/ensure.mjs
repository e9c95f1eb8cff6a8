// Brings a checkout into shape: `node scripts/ensure.mjs packages build browser`, any of the three.
// It runs before node_modules exists, so it knows nothing but Node's own modules. What it says goes to stderr:
// stdout belongs to the command that follows.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamps = join(root, 'node_modules/.stamps')

const packageFiles = ['package.json', 'package-lock.json']
const sourceFiles = ['tsconfig.json', 'vite.config.ts', 'vite.verifier.config.ts', 'index.html']
const sourceFolders = ['protocol', 'node', 'web']
const buildResults = ['dist/node/main.js', 'dist/web/index.html', 'dist/web/parley-verifier.html']

/** A chain for the tests of anchors: without it they are skipped. */
const litecoin = '/usr/lib/litecoin/litecoind'

const python = '/usr/bin/python3'
const pythonModules = ['nacl', 'cryptography', 'cbor2']

/** Install the npm packages of the lock file, if they are not what is installed. */
function ensurePackages() {
  const want = hashOf(packageFiles)
  if (readStamp('packages') === want) return
  if (!isInstalled()) {
    say('Installing packages …')
    const npm = process.env.npm_execpath
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
    run(...(npm ? [process.execPath, [npm, ...args]] : ['npm', args]))
  }
  writeStamp('packages', want)
}

/** Build the node and the page, if their sources changed. */
function ensureBuild() {
  const want = hashOf([...packageFiles, ...sourceFiles, ...sourceFolders.flatMap(filesIn)])
  if (readStamp('build') === want && buildResults.every((file) => existsSync(join(root, file)))) return
  say('Building …')
  run(process.execPath, ['node_modules/typescript/bin/tsc', '--build', 'node'])
  const vite = ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']
  run(process.execPath, vite)
  run(process.execPath, [...vite, '--config', 'vite.verifier.config.ts'])
  writeStamp('build', want)
}

/** Find what the tests need from the system: Chromium, and Python for the reference implementation of the specs. */
function ensureBrowser() {
  if (process.env.CHROMIUM && !existsSync(process.env.CHROMIUM))
    fail(`There is no ${process.env.CHROMIUM} (from $CHROMIUM).`)
  const hasApt = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  const missing = missingSystemPackages()
  if (hasApt && !existsSync(litecoin)) installWithApt([...missing, 'litecoind'])
  if (!existsSync(litecoin)) say('There is no litecoind (of Debian): tests of anchors on a real chain are skipped.')
  if (missing.length === 0) return
  if (hasApt && missingSystemPackages().length > 0) installWithApt(missing)
  if (missingSystemPackages().length > 0)
    fail(`The tests need Chromium and a few Python modules. Run:\n\n  ${installCommand(missing)}\n`)
}

/** The Chromium that the tests drive, or undefined. */
export function findChromium() {
  const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  if (process.platform === 'darwin') {
    places.push('/Applications/Chromium.app/Contents/MacOS/Chromium')
    places.push('/Applications/Google Chrome.app/Contents/MacOS/Google Chrome')
  }
  return [process.env.CHROMIUM, ...places].find((place) => place && existsSync(place))
}

function missingSystemPackages() {
  const missing = findChromium() ? [] : ['chromium', 'fonts-noto-color-emoji']
  const imports = spawnSync(python, ['-c', `import ${pythonModules.join(', ')}`], { stdio: 'ignore' })
  if (imports.status !== 0) missing.push('python3', ...pythonModules.map((name) => `python3-${name}`))
  return missing
}

function installWithApt(packages) {
  say(`Installing ${packages.join(', ')} with apt …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const lock = ['-o', 'DPkg::Lock::Timeout=600']
  // A stale package list can still be good enough, so only the install decides.
  spawnSync('apt-get', [...lock, 'update', '-q'], { stdio: toStderr, env })
  spawnSync('apt-get', [...lock, 'install', '-q', '-y', '--no-install-recommends', ...packages], {
    stdio: toStderr,
    env,
  })
}

function installCommand(packages) {
  if (process.platform === 'darwin') {
    return `brew install --cask chromium; ${python} -m pip install --user pynacl cryptography cbor2`
  }
  return `sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`
}

/** Whether node_modules is what the lock file says, however it came to be. */
function isInstalled() {
  const manifest = readJson('package.json')
  const lock = readJson('package-lock.json')
  const installed = readJson('node_modules/.package-lock.json')
  if (!manifest || !lock || !installed) return false
  const agrees = ['dependencies', 'devDependencies'].every((kind) =>
    sameEntries(manifest[kind], lock.packages[''][kind]),
  )
  return (
    agrees &&
    Object.entries(lock.packages).every(
      ([path, { version, optional }]) => path === '' || optional || installed.packages[path]?.version === version,
    )
  )
}

function sameEntries(a = {}, b = {}) {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8'))
  } catch {
    return undefined
  }
}

function hashOf(files) {
  const hash = createHash('sha256').update(process.version)
  for (const file of files) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(`\0${file}\0`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function filesIn(folder) {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}

function readStamp(name) {
  const file = join(stamps, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function writeStamp(name, text) {
  mkdirSync(dirname(join(stamps, name)), { recursive: true })
  writeFileSync(join(stamps, name), text)
}

const toStderr = ['inherit', 2, 2]

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: toStderr })
  if (error) fail(`${command} did not start: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}

function ensureNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) fail(`Parley needs Node 20.19 or newer. This is ${process.version}.`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureNodeVersion()
  const steps = { packages: ensurePackages, build: ensureBuild, browser: ensureBrowser }
  for (const name of process.argv.slice(2)) {
    if (!Object.hasOwn(steps, name)) fail(`ensure knows ${Object.keys(steps).join(', ')}, not ${name}.`)
    steps[name]()
  }
}
