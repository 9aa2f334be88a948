package publish

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// same is the command that publishes as the form would.
func same(topic string, n client.NewPublication, reason string) site.Same {
	parts := []string{"weir product publish", site.Quoted(topic)}
	flag := func(name, value string) {
		if value != "" {
			parts = append(parts, "--"+name, site.Quoted(value))
		}
	}
	said := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	flag("as", n.As)
	flag("owner", n.Owner)
	flag("description", n.Description)
	flag("type", said(n.Type))
	flag("kind", n.Kind)
	flag("quality", said(n.Quality))
	flag("sla", said(n.SLA))
	flag("encoding", n.Encoding)
	flag("key-encoding", n.KeyEncoding)
	flag("key", strings.Join(n.Key, ","))
	if n.Schema != "" {
		flag("schema", "FILE")
	}
	flag("visibility", n.Visibility)
	flag("access", n.Access)
	flag("purpose", said(n.Purpose))
	flag("usage", said(n.Usage))
	flag("limitations", said(n.Limitations))
	flag("event-time", said(n.EventTime))
	for _, t := range n.Tags {
		flag("tag", t)
	}
	flag("reason", oneLine(reason))
	if n.AcceptTerms {
		parts = append(parts, "--accept-terms")
	}
	body, err := json.Marshal(n)
	if err != nil {
		body = nil // what the form gives can be written; without it the command is enough
	}
	return site.Same{
		Command: strings.Join(parts, " "), Method: http.MethodPost, Path: "/api/v1/topics/" + url.PathEscape(topic) + "/publish", Body: string(body),
	}
}
