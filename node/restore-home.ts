import { freshVault, restoreIdentity } from './rooms/person.ts'
import { sodiumPrimitives as primitives } from './sodium-primitives.ts'
import { openKeyVault } from './storage/key-vault.ts'
import { openLogStore } from './storage/log-store.ts'

/** Make a home that no node runs on, and that is new, that of whoever has these words. Throws `HomeError`, and what `restoreIdentity` throws. */
export async function restoreHome(
  home: string,
  words: string,
  passphrase: (() => Promise<string>) | undefined,
): Promise<void> {
  // Whoever has the logs may change the vault.
  const store = await openLogStore(home, primitives)
  try {
    await restoreIdentity(await openKeyVault(home, passphrase, () => freshVault(primitives)), words, primitives)
  } finally {
    await store.close()
  }
}
