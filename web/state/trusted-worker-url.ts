interface ScriptUrlPolicy {
  createScriptURL(url: string): string
}

interface TrustedTypesFactory {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy
}

let policy: ScriptUrlPolicy | undefined

/** Vouch for a worker's script: it must come from where the page itself came from. */
export function trustedWorkerUrl(url: string): string {
  policy ??= makePolicy({ createScriptURL: sameOrigin })
  return policy.createScriptURL(url)
}

function makePolicy(rules: ScriptUrlPolicy): ScriptUrlPolicy {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypesFactory }
  return trustedTypes?.createPolicy('parley', rules) ?? rules
}

function sameOrigin(url: string): string {
  if (new URL(url, location.href).origin !== location.origin) throw new Error(`a worker from elsewhere: ${url}`)
  return url
}
