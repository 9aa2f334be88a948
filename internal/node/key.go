package node

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/weirmesh/weir/internal/kit/secretfile"
)

// KeyFile is the node's own secret, made at the first start. It opens nothing;
// what is derived from it must stay the same over restarts.
const KeyFile = "node.key"

type nodeKey struct {
	Key []byte `json:"key"`
}

// derive gives the node's secret for one purpose.
func (n *Node) derive(purpose string) ([]byte, error) {
	k, err := n.readKey()
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, k.Key)
	mac.Write([]byte(purpose))
	return mac.Sum(nil), nil
}

// readKey reads the key, or makes it if there is none.
func (n *Node) readKey() (nodeKey, error) {
	var k nodeKey
	b, err := os.ReadFile(n.path(KeyFile))
	if errors.Is(err, os.ErrNotExist) {
		k.Key = make([]byte, 32)
		if _, err := io.ReadFull(n.cfg.Random, k.Key); err != nil {
			return k, err
		}
		return k, secretfile.WriteJSON(n.path(KeyFile), k)
	}
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err == nil && len(k.Key) < 32 {
		err = errors.New("it holds no key")
	}
	if err != nil {
		return k, fmt.Errorf("%s cannot be read: %w; delete it, and the next start makes another", n.path(KeyFile), err)
	}
	return k, nil
}
