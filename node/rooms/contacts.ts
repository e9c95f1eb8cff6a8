import { tidyName } from '../../protocol/room/text.ts'
import { Problem } from '../api/problems.ts'
import type { KeyVault, VaultContact } from '../storage/key-vault.ts'

const mostContacts = 10_000

/** What one has noted of other people, by identity: kept in the vault, told to one's own devices alone. */
export class Contacts {
  readonly #vault: KeyVault
  /** Tells the other devices; what they are not told must not be noted here either. */
  tell: (contact: VaultContact) => Promise<void> = async () => {}
  #content: readonly VaultContact[] | null = null
  #byIdentity: ReadonlyMap<string, VaultContact> = new Map()

  constructor(vault: KeyVault) {
    this.#vault = vault
  }

  /** Those of whom something is noted. */
  all(): readonly VaultContact[] {
    return this.#vault.content.contacts
  }

  of(identity: string): VaultContact {
    if (this.#content !== this.#vault.content.contacts) {
      this.#content = this.#vault.content.contacts
      this.#byIdentity = new Map(this.#content.map((contact) => [contact.identity, contact]))
    }
    return this.#byIdentity.get(identity) ?? { identity, petname: null, confirmed: null }
  }

  /** Call somebody by a name of one's own choice; null: by the name that they chose. Throws the problem `name-invalid`. */
  async name(identity: string, name: string | null): Promise<void> {
    const petname = name === null ? null : tidyName(name)
    if (petname === '') throw new Problem('name-invalid')
    await this.#note({ ...this.of(identity), petname })
  }

  /** Note that somebody is who they say; null: that this is not known any more. `time`: Unix ms. */
  async confirm(identity: string, time: number | null): Promise<void> {
    await this.#note({ ...this.of(identity), confirmed: time })
  }

  /** Whether somebody may see the address of this device in a call. */
  isDirect(identity: string): boolean {
    return this.direct().includes(identity)
  }

  /** Those who may. */
  direct(): readonly string[] {
    return this.#vault.content.direct ?? []
  }

  /** Another device has another address, so it is not told. Throws the problem `too-large`. */
  async setDirect(identity: string, direct: boolean): Promise<void> {
    await this.#vault.change((content) => {
      const others = (content.direct ?? []).filter((each) => each !== identity)
      if (direct && others.length >= mostContacts) throw new Problem('too-large', 'There are too many contacts.')
      return { ...content, direct: direct ? [...others, identity] : others }
    })
  }

  async #note(contact: VaultContact): Promise<void> {
    await this.tell(contact)
    await this.take(contact)
  }

  /** Note what is noted on another device. */
  async take(contact: VaultContact): Promise<void> {
    const isWorthIt = contact.petname !== null || contact.confirmed !== null
    await this.#vault.change((content) => {
      const others = content.contacts.filter(({ identity }) => identity !== contact.identity)
      if (isWorthIt && others.length >= mostContacts) throw new Problem('too-large', 'There are too many contacts.')
      return { ...content, contacts: isWorthIt ? [...others, contact] : others }
    })
  }
}
