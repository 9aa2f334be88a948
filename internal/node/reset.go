package node

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/kit/dirlock"
	"github.com/weirmesh/weir/internal/kit/secretfile"
)

// ResetAdmin gives the mesh admin of a folder a new password and a new token,
// for someone who sits at the machine. No node may run on the folder.
func ResetAdmin(ctx context.Context, cfg Config, admin string) (*identity.Founding, error) {
	if _, err := os.Stat(cfg.Data); err != nil {
		return nil, fmt.Errorf("there is no node in %s: %w", cfg.Data, err)
	}
	held, err := dirlock.Lock(cfg.Data)
	if err != nil {
		return nil, err
	}
	defer held.Release()
	cfg.HTTP = "127.0.0.1:0"
	n := &Node{cfg: cfg, group: newGroup(cfg.Log)}
	out, err := n.reset(ctx, admin)
	return out, errors.Join(err, n.group.stop())
}

func (n *Node) reset(ctx context.Context, admin string) (*identity.Founding, error) {
	before, err := n.readAdmin()
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{n.startFront, n.startLedger, n.startState, n.startWriter, n.found} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	out, err := n.identity.Reset(ctx, admin)
	if err != nil {
		return nil, err
	}
	return out, secretfile.WriteJSON(n.path(AdminFile), Admin{URL: before.URL, User: out.Admin, Token: out.Token})
}
