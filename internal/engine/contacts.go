package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunying/community"
	"qunying/internal/seal"
	"qunying/internal/store"
	"qunying/internal/store/team"
)

// ContactKey begins the settings that say where staff can be reached: its number
// follows.
const ContactKey = "staff-contact/"

// StaffContact is under which IDs a member of staff goes on networks: the key is
// the network. All but the language is sealed at rest.
type StaffContact map[community.Network]string

// MailContact is under which name the e-mail address of staff is kept among their
// contacts.
const MailContact community.Network = "mail"

func contactPlace(c community.ID, key string, n community.Network) string {
	return fmt.Sprintf("%d/%s/%s", c, key, n)
}

// contactIn reads a contact out of its setting. What cannot be opened is left out: an
// address that is lost reaches nobody and makes nobody staff. Contacts of before they
// were sealed are read as they are.
func contactIn(sealer Sealer, c community.ID, s store.Setting) StaffContact {
	var kept StaffContact
	if json.Unmarshal([]byte(s.Value), &kept) != nil {
		return nil
	}
	for n, text := range kept {
		if !seal.IsSealed(text) {
			continue
		}
		delete(kept, n)
		if sealer == nil {
			continue
		}
		if plain, err := sealer.Unseal(text, contactPlace(c, s.Key, n)); err == nil {
			kept[n] = plain
		}
	}
	return kept
}

// LostContacts lists members of staff of whose contact something cannot be opened
// with the key file that is there: nothing reaches them by it.
func (e *Engine) LostContacts(ctx context.Context, q store.Querier, c community.ID) (lost []community.StaffID, err error) {
	list, err := store.SettingsUnder(ctx, q, c, ContactKey)
	for _, s := range list {
		var kept StaffContact
		n, err := strconv.ParseInt(strings.TrimPrefix(s.Key, ContactKey), 10, 64)
		if err != nil || json.Unmarshal([]byte(s.Value), &kept) != nil {
			continue
		}
		if len(contactIn(e.sealer, c, s)) < len(kept) {
			lost = append(lost, community.StaffID(n))
		}
	}
	slices.Sort(lost)
	return lost, err
}

// sealedContact is a contact as it is kept under a key.
func sealedContact(sealer Sealer, c community.ID, key string, contact StaffContact) StaffContact {
	kept := StaffContact{}
	for n, text := range contact {
		if n != LanguageContact && !seal.IsSealed(text) {
			text = sealer.Seal(text, contactPlace(c, key, n))
		}
		kept[n] = text
	}
	return kept
}

// contacts reads where each member of staff can be reached.
func (e *Engine) contacts(ctx context.Context, q store.Querier, c community.ID) (map[community.StaffID]StaffContact, error) {
	list, err := store.SettingsUnder(ctx, q, c, ContactKey)
	all := map[community.StaffID]StaffContact{}
	for _, s := range list {
		n, err := strconv.ParseInt(strings.TrimPrefix(s.Key, ContactKey), 10, 64)
		if contact := contactIn(e.sealer, c, s); err == nil && len(contact) > 0 {
			all[community.StaffID(n)] = contact
		}
	}
	return all, err
}

// Contact reads where a member of staff can be reached, and the version of that.
func (e *Engine) Contact(ctx context.Context, q store.Querier, c community.ID, of community.StaffID) (StaffContact, int64, error) {
	s, found, err := store.SettingAt(ctx, q, c, 0, ContactKey+decimal(int64(of)), 0)
	if err != nil || !found {
		return nil, 0, err
	}
	return contactIn(e.sealer, c, s), s.Version, nil
}

// SaveContact saves where a member of staff can be reached as the version after based.
func (e *Engine) SaveContact(ctx context.Context, c community.ID, of community.StaffID, contact StaffContact, based int64, by community.StaffID) error {
	if e.sealer == nil {
		return community.Errorf(community.Unavailable, "there is no key file to keep contacts with")
	}
	key := ContactKey + decimal(int64(of))
	return e.SaveSetting(ctx, c, 0, key, sealedContact(e.sealer, c, key, contact), based, by)
}

// sealContacts seals contacts that were saved before they were sealed: every version,
// and what the audit says of them.
func (e *Engine) sealContacts(ctx context.Context, c community.ID) error {
	if e.sealer == nil {
		return nil
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		return tx.RewriteSettings(c, ContactKey, func(key, value string) string {
			var contact StaffContact
			if json.Unmarshal([]byte(value), &contact) != nil {
				return value
			}
			text, err := json.Marshal(sealedContact(e.sealer, c, key, contact))
			if err != nil {
				return value
			}
			return string(text)
		})
	})
}

// StaffByContact finds whose ID on a network that is. It fails with Forbidden:
// the platform knows them, and we do not.
func (e *Engine) StaffByContact(ctx context.Context, c community.ID, network community.Network, outside string) (id community.StaffID, err error) {
	err = e.db.Read(ctx, func(q store.Querier) error {
		all, err := e.contacts(ctx, q, c)
		for who, contact := range all {
			if outside != "" && contact[network] == outside {
				id = max(id, who)
			}
		}
		return err
	})
	if err == nil && id == 0 {
		err = community.Errorf(community.Forbidden, "nobody of the staff has the ID %s there", outside).
			WithHint("an owner enters it under settings, staff")
	}
	return id, err
}

// StaffIdentities lists under which identities those who work here go, as far as
// their contacts were seen.
func (e *Engine) StaffIdentities(ctx context.Context, q store.Querier, c community.ID) (ids []community.IdentityID, err error) {
	all, err := e.contacts(ctx, q, c)
	for _, contact := range all {
		for network, outside := range contact {
			id, err := store.IdentityByOutside(ctx, q, c, network, 0, outside)
			if err != nil {
				return nil, err
			}
			if id != 0 {
				ids = append(ids, id)
			}
		}
	}
	return ids, err
}

// staffFor lists how those are reached who look after a group: its keeper and the
// backup, or where it is nobody's in particular, everybody of the staff.
func (e *Engine) staffFor(ctx context.Context, q store.Querier, c community.ID, g community.GroupID) ([]StaffContact, error) {
	var k Keeper
	if g != 0 {
		if _, err := store.ReadSetting(ctx, q, c, g, KeeperKey, &k); err != nil && !notJSON(err) {
			return nil, err
		}
	}
	staff, err := team.All(ctx, q)
	if err != nil {
		return nil, err
	}
	contacts, err := e.contacts(ctx, q, c)
	var list []StaffContact
	for _, who := range staff {
		if !who.DisabledAt.IsZero() || (k.Staff != 0 || k.Backup != 0) && who.ID != k.Staff && who.ID != k.Backup {
			continue
		}
		if contact := contacts[who.ID]; len(contact) > 0 {
			list = append(list, contact)
		}
	}
	return list, err
}

// languageOf is the language of whoever has that ID where keepers are told.
func (e *Engine) languageOf(ctx context.Context, q store.Querier, c community.ID, id string) (string, error) {
	all, err := e.contacts(ctx, q, c)
	for _, contact := range all {
		if id != "" && contact[keeperNetwork] == id {
			return contact[LanguageContact], err
		}
	}
	return "", err
}
