package wechaty

import (
	"context"
	"time"

	"qunying/connector"
	"qunying/connector/wechaty/puppet"
)

// How far a code has been scanned, in a gateway's words.
const (
	scanCancel    = 1
	scanScanned   = 3
	scanConfirmed = 4
	scanTimeout   = 5
)

// Login tells how far a person's letting us in is.
func (a *account) Login() connector.LoginState {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.login
}

func (a *account) self() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.who
}

// connected lets acts use the connection.
func (a *account) connected(c puppet.PuppetClient) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.client = c
	a.login = connector.LoginState{Step: "starting", At: a.now(), Name: a.login.Name}
}

// disconnected keeps acts from using the connection. Who was signed in probably
// still is: that is how events left over are understood.
func (a *account) disconnected() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.client = nil
	a.login = connector.LoginState{At: a.now(), Name: a.login.Name}
}

// signedOut notes how far the next letting in is, with the code to show.
func (a *account) signedOut(step, code string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.who = ""
	a.login = connector.LoginState{Step: step, Code: code, At: a.now(), Name: a.login.Name}
}

// directory is whom to ask for names.
func (a *account) directory() (directory, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.client == nil {
		return directory{}, errOffline
	}
	return directory{a.client, a.names}, nil
}

// scanned follows the code that a person has to scan.
func (s *session) scanned(ctx context.Context, t told) error {
	step, code := "waiting", cut(t.QRCode, mostRaw)
	switch t.Status {
	case scanCancel:
		step, code = "refused", ""
	case scanScanned:
		step, code = "scanned", ""
	case scanConfirmed:
		step, code = "confirmed", ""
	case scanTimeout:
		step, code = "starting", ""
	}
	s.signedOut(step, code)
	return s.tell(ctx, connector.Waiting, nil)
}

// signedIn learns who we are, and what groups we are in while events go on.
func (s *session) signedIn(ctx context.Context, contact string) error {
	a := s.account
	a.mu.Lock()
	a.who = contact
	a.mu.Unlock()
	name := s.directory.contact(ctx, contact)
	a.mu.Lock()
	a.login = connector.LoginState{At: a.now(), Name: name}
	a.mu.Unlock()
	s.readRooms(ctx)
	return s.tell(ctx, connector.Online, nil)
}

// roomsLimit is how long reading all groups may hold events up.
const roomsLimit = 15 * time.Second

// readRooms asks for all groups at once, so that it is known what can be done in
// each. What fails is asked for again when it is needed.
func (s *session) readRooms(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, roomsLimit)
	defer cancel()
	ids, err := s.directory.rooms(ctx)
	if err != nil {
		return
	}
	_ = each(ctx, ids, func(ctx context.Context, _ int, id string) error { // what fails stays unread
		_, _ = s.directory.room(ctx, id)
		return ctx.Err()
	})
}
