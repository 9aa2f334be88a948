package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Snippet is a small program that reads a product, with this mesh's addresses
// and names, complete but for the secrets: those it takes from the environment.
type Snippet struct {
	Lang    string `json:"lang" enum:"kcat,go,java,python,node,curl"`
	Title   string `json:"title"`
	File    string `json:"file,omitempty" doc:"Under which it is saved; absent: it is a command."`
	Install string `json:"install,omitempty" doc:"A command that fetches what it needs; absent: nothing."`
	Run     string `json:"run,omitempty" doc:"A command that runs the file."`
	Text    string `json:"text" doc:"It reads WEIR_APP and WEIR_PASSWORD, an application's name and password, or WEIR_TOKEN, a person's token."`
	Note    string `json:"note,omitempty" doc:"What it does not do."`
}

// Snippets gives a program for each client to read a product with; of one
// language alone if it is not empty. The address is the node's for HTTP, as who
// runs the program reaches it; empty: as this client does.
func (c *Client) Snippets(ctx context.Context, name, lang, address string) ([]Snippet, error) {
	if address == "" {
		address = strings.TrimSuffix(c.base, "/api/v1")
	}
	q := url.Values{"address": {address}}
	if lang != "" {
		q.Set("lang", lang)
	}
	got, err := call[List[Snippet]](ctx, c, http.MethodGet, "/products/"+seg(name)+"/snippets?"+q.Encode(), nil, nil)
	return got.Items, err
}
