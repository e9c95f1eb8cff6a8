import { describe, expect, test } from 'vitest'
import { ConfigError, readSettings } from '../../../node/config.ts'

describe('settings', () => {
  test('have defaults that suit a first start', () => {
    const settings = readSettings({}, { HOME: '/home/ada' })
    expect(settings).toMatchObject({ port: 7717, host: '127.0.0.1', bootstrap: null, passphraseFile: null })
    expect(settings.home).toMatch(/parley$/)
    expect(settings).not.toHaveProperty('name')
  })

  test('come from flags before the environment', () => {
    const env = { PARLEY_HOME: '/env', PARLEY_PORT: '1', PARLEY_BOOTSTRAP: 'a:1', PARLEY_LOG_LEVEL: 'debug' }
    expect(readSettings({}, env)).toMatchObject({
      home: '/env',
      port: 1,
      bootstrap: [{ host: 'a', port: 1 }],
      logLevel: 'debug',
    })
    expect(readSettings({ home: '/flag', port: '0', bootstrap: 'b:2, [::1]:3' }, env)).toMatchObject({
      home: '/flag',
      port: 0,
      bootstrap: [
        { host: 'b', port: 2 },
        { host: '::1', port: 3 },
      ],
    })
  })

  test('treat an empty variable as none', () => {
    expect(readSettings({}, { PARLEY_PORT: '', PARLEY_BOOTSTRAP: '' })).toMatchObject({ port: 7717, bootstrap: null })
  })

  test.each([
    [{ port: '-1' }],
    [{ port: '7717x' }],
    [{ host: '192.168.1.2' }],
    [{ bootstrap: '' }],
    [{ bootstrap: 'host:0' }],
    [{ bootstrap: '[nonsense]:1' }],
    [{ bootstrap: 'a:1,,b:2' }],
    [{ name: '   ' }],
    [{ home: '' }],
  ])('refuse %j', (flags) => {
    expect(() => readSettings(flags, {})).toThrow(ConfigError)
  })
})
