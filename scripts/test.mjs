// Runs every check there is, also after one has failed, and ends with the line `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium } from './ensure.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const results = mkdtempSync(join(tmpdir(), 'parley-test-'))
const resultFile = join(results, 'vitest.json')

const failures = []
let passed = 0

check('lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'])
check('types', 'node_modules/vue-tsc/bin/vue-tsc.js', ['--build'])
check('unused code', 'node_modules/knip/bin/knip.js', ['--no-progress'])
runTests()

rmSync(results, { recursive: true, force: true })
for (const failure of failures) console.log(`failed: ${failure}`)
console.log(`${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1

function check(name, script, args) {
  console.log(`\n== ${name}`)
  if (run(script, args) === 0) passed += 1
  else failures.push(name)
}

function runTests() {
  console.log('\n== tests')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`]
  const status = run('node_modules/vitest/vitest.mjs', ['run', '--allowOnly=false', ...reporters])
  const before = failures.length
  countTests(readResults())
  if (status !== 0 && failures.length === before)
    failures.push('vitest ended with an error outside of any test (above)')
}

function countTests(files) {
  for (const file of files) {
    const name = resolve(file.name).slice(root.length)
    const outcomes = file.assertionResults.filter((test) => test.status !== 'passed' && !test.meta?.missing)
    passed += file.assertionResults.filter((test) => test.status === 'passed').length
    for (const { meta, fullName } of file.assertionResults)
      if (meta?.missing)
        console.log(`not run: ${name} › ${fullName} (needs ${meta.missing}, which this computer does not give)`)
    // A test that did not run has shown nothing, so it counts as failed.
    for (const test of outcomes)
      failures.push(`${name} › ${test.fullName}${test.status === 'failed' ? '' : ` (${test.status})`}`)
    if (file.assertionResults.length === 0) failures.push(`${name} (no test ran)`)
  }
  const seen = new Set(files.map((file) => resolve(file.name)))
  for (const file of testFiles()) {
    if (!seen.has(file)) failures.push(`${file.slice(root.length)} (belongs to no project of vitest.config.ts)`)
  }
}

function readResults() {
  try {
    return JSON.parse(readFileSync(resultFile, 'utf8')).testResults
  } catch {
    return []
  }
}

function testFiles() {
  return readdirSync(join(root, 'test'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

function run(script, args) {
  const env = { ...process.env, CHROMIUM: findChromium() ?? '' }
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit', env }).status
}
