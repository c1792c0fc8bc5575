package wecom

import (
	"context"

	"qunying/community"
	"qunying/connector"
)

var (
	_ connector.Identifier = (*Account)(nil)
	_ connector.Quoter     = (*Account)(nil)
)

// SignInPage is that of the client.
func (a *Account) SignInPage(back, state string) string { return a.client.SignInPage(back, state) }

// SignedIn tells which employee came back with a code.
func (a *Account) SignedIn(ctx context.Context, code string) (string, error) {
	v, err := a.client.SignedIn(ctx, code)
	if err == nil && v.Employee == "" {
		err = community.Errorf(community.Forbidden, "only employees can sign in this way")
	}
	return v.Employee, err
}
