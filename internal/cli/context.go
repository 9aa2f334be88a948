package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/kit/secretfile"
)

// defaultData is the folder of a node that was told no other.
const defaultData = "weir-data"

// contexts is the file of the nodes that someone logged in to.
type contexts struct {
	Current  string        `json:"current"`
	Contexts []nodeContext `json:"contexts"`
}

// nodeContext is one node, and how to act there.
type nodeContext struct {
	Name  string `json:"name"`
	URL   string `json:"url"`
	User  string `json:"user"`
	Token string `json:"token"`
}

// contextsFile is where the contexts are kept: WEIR_CONFIG, else the usual
// place for a program's settings.
func (c *cli) contextsFile() (string, error) {
	if p := c.env("WEIR_CONFIG"); p != "" {
		return p, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no place for contexts: %w; set WEIR_CONFIG to a file", err)
	}
	return filepath.Join(dir, "weir", "contexts.json"), nil
}

func (c *cli) readContexts() (contexts, error) {
	var cs contexts
	path, err := c.contextsFile()
	if err != nil {
		return cs, err
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return cs, nil
	}
	if err != nil {
		return cs, err
	}
	if err := json.Unmarshal(b, &cs); err != nil {
		return cs, fmt.Errorf("%s cannot be read: %w; mend it, or delete it and log in again", path, err)
	}
	return cs, nil
}

func (c *cli) writeContexts(cs contexts) error {
	path, err := c.contextsFile()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return secretfile.WriteJSON(path, cs)
}

func (cs *contexts) find(name string) (nodeContext, bool) {
	i := slices.IndexFunc(cs.Contexts, func(n nodeContext) bool { return n.Name == name })
	if i < 0 {
		return nodeContext{}, false
	}
	return cs.Contexts[i], true
}

// put adds a context or replaces the one of its name, and makes it current.
func (cs *contexts) put(n nodeContext) {
	cs.drop(n.Name)
	cs.Contexts = append(cs.Contexts, n)
	cs.Current = n.Name
}

func (cs *contexts) drop(name string) {
	cs.Contexts = slices.DeleteFunc(cs.Contexts, func(n nodeContext) bool { return n.Name == name })
	if cs.Current == name {
		cs.Current = ""
	}
}

// target is the node to talk to: of the environment, of the context, or of the
// folder.
func (c *cli) target() (nodeContext, error) {
	n := nodeContext{URL: c.env("WEIR_URL"), Token: c.env("WEIR_TOKEN")}
	if n.URL != "" && n.Token != "" {
		return n, nil
	}
	base, err := c.stored()
	if err != nil && n.URL == "" {
		return n, err
	}
	if n.URL == "" {
		n.URL = base.URL
	}
	if n.Token == "" {
		n.Token = base.Token
	}
	n.Name, n.User = base.Name, base.User
	return n, nil
}

// stored is the context, or the node of this folder.
func (c *cli) stored() (nodeContext, error) {
	cs, err := c.readContexts()
	if err != nil {
		return nodeContext{}, err
	}
	name := c.context
	if name == "" {
		name = cs.Current
	}
	if n, ok := cs.find(name); ok {
		return n, nil
	}
	if c.context != "" {
		return nodeContext{}, fmt.Errorf("there is no context %q; see weir context list", c.context)
	}
	b, err := os.ReadFile(filepath.Join(defaultData, "admin.json"))
	if err != nil {
		return nodeContext{}, errors.New("no node is known; log in with weir login URL, or set WEIR_URL and WEIR_TOKEN")
	}
	n := nodeContext{Name: defaultData}
	if err := json.Unmarshal(b, &n); err != nil {
		return n, fmt.Errorf("%s/admin.json cannot be read: %w", defaultData, err)
	}
	return n, nil
}

// client talks to the target.
func (c *cli) client() (*client.Client, error) {
	n, err := c.target()
	if err != nil {
		return nil, err
	}
	return client.New(n.URL, n.Token)
}

func (c *cli) contextCommand() *cobra.Command {
	cols := []column[nodeContext]{
		{"NAME", func(n nodeContext) string { return n.Name }},
		{"URL", func(n nodeContext) string { return n.URL }},
		{"USER", func(n nodeContext) string { return n.User }},
	}
	list := &cobra.Command{
		Use: "list", Short: "List the nodes that you logged in to", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cs, err := c.readContexts()
			if err != nil {
				return err
			}
			out := make([]nodeContext, len(cs.Contexts))
			for i, n := range cs.Contexts {
				n.Token = ""
				out[i] = n
			}
			return printAll(c, out, cols)
		},
	}
	show := &cobra.Command{
		Use: "show", Short: "Show the node that commands talk to", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			n, err := c.target()
			if err != nil {
				return err
			}
			n.Token = ""
			return printOne(c, n, cols)
		},
	}
	use := &cobra.Command{
		Use: "use NAME", Short: "Make a context the current one", Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cs, err := c.readContexts()
			if err != nil {
				return err
			}
			if _, ok := cs.find(args[0]); !ok {
				return fmt.Errorf("there is no context %q; see weir context list", args[0])
			}
			cs.Current = args[0]
			return c.writeContexts(cs)
		},
	}
	remove := &cobra.Command{
		Use: "delete NAME", Short: "Forget a context", Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cs, err := c.readContexts()
			if err != nil {
				return err
			}
			if _, ok := cs.find(args[0]); !ok {
				return fmt.Errorf("there is no context %q; see weir context list", args[0])
			}
			cs.drop(args[0])
			return c.writeContexts(cs)
		},
	}
	return noun("context", "The nodes that you logged in to", list, show, use, remove)
}

// contextName makes a name of a URL: its host and port.
func contextName(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	return strings.TrimSuffix(rest, "/")
}
