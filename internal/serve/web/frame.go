package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// frame is what stands around a page.
type frame struct {
	Brand  *Brand
	Mesh   site.Mesh
	Me     site.Person // no name: nobody is signed in
	Theme  string      // light, dark; empty: as the browser wants it
	Path   string      // of this page, to come back to
	Search string      // what is in the search box
	Title  string
	Tab    site.Tab
	Notice string
	Done   []site.Same // what was just done
	Same   []site.Same // what shows the same
	Body   templ.Component
}

// place is a line of the navigation.
type place struct {
	Tab  site.Tab
	Href string
	Icon string
	Key  string // after g
}

// places are the navigation, in order.
var places = []place{
	{site.Explore, "/explore", "compass", "e"},
	{site.Create, "/create", "plus", "c"},
	{site.Lineage, "/lineage", "network", "l"},
	{site.Publish, "/publish", "upload", "p"},
	{site.Applications, "/applications", "boxes", "a"},
	{site.Domains, "/domains", "layers", "d"},
	{site.Activity, "/activity", "activity", "v"},
}

// key is a line of the list of keys.
type key struct{ Keys, Does string }

// keys are what the keyboard does on every page.
var keys = []key{
	{"/", "Search"}, {"g h", "Home"}, {"g e", "Explore"}, {"g c", "Create"}, {"g l", "Lineage"}, {"g p", "Publish"}, {"g a", "Applications"}, {"g d", "Domains"}, {"g v", "Activity"},
	{"g n", "Nodes"}, {"j", "The next line of a list"}, {"k", "The line before it"}, {"Enter", "Open the line"}, {"?", "This list"}, {"Esc", "Close, or leave a field"},
}

// mesh is what every page says about the mesh.
func (s *Server) mesh(r *http.Request, api *client.Client) site.Mesh {
	m := site.Mesh{Name: s.cfg.Mesh, HTTP: origin(r)}
	got, err := api.Mesh(r.Context())
	if err != nil {
		m.Health = "the node does not say how it is"
		return m
	}
	m.Name, m.Kafka, m.Version = got.Name, got.Kafka, got.Version
	m.Healthy, m.Health = health(got.Cluster)
	return m
}

// health is how the cluster is, in words, as far as the person may know.
func health(c client.Cluster) (bool, string) {
	switch {
	case len(c.Problems) > 0:
		return false, ui.Plural(len(c.Problems), "problem", "problems")
	case c.Limit > 0 && c.Used >= c.Limit/10*9:
		return false, "the disk's limit is near"
	}
	return true, ""
}

// origin is the address by which a browser reached the site.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// frame is what stands around a page of who is signed in.
func (s *Server) frame(r *site.Request, left parcel) frame {
	f := s.bareFrame(r.Request)
	f.Mesh, f.Me, f.Notice, f.Done = r.Mesh, r.Me, left.notice, left.same
	if r.URL.Path == "/explore" {
		f.Search = r.URL.Query().Get("q")
	}
	return f
}

// bareFrame is what stands around a page of nobody.
func (s *Server) bareFrame(r *http.Request) frame {
	f := frame{Brand: s.cfg.Brand, Mesh: site.Mesh{Name: s.cfg.Mesh, HTTP: origin(r)}, Theme: s.theme(r), Path: "/"}
	if r.Method == http.MethodGet && safeNext(r.URL.RequestURI()) {
		f.Path = r.URL.RequestURI()
	}
	return f
}

// of puts a page into the frame.
func (f frame) of(a site.Answer) frame {
	f.Title, f.Tab, f.Body, f.Same = a.Title, a.Tab, a.Body, a.Same
	if f.Notice == "" {
		f.Notice = a.Notice
	}
	return f
}

// alone is a page without navigation, for who is not signed in.
func (s *Server) alone(r *http.Request, title string, body templ.Component) templ.Component {
	f := s.bareFrame(r)
	f.Title, f.Body = title, body
	return whole(f)
}

func (s *Server) meshName(*http.Request) string { return s.cfg.Mesh }

// name is the organisation's, or Weir's.
func (f frame) name() string {
	if f.Brand != nil && f.Brand.Name != "" {
		return f.Brand.Name
	}
	return "weir"
}

// pageTitle is the title of the browser's tab.
func (f frame) pageTitle() string {
	parts := []string{f.Title, f.Mesh.Name, f.name()}
	var kept []string
	for _, p := range parts {
		if p != "" && (len(kept) == 0 || kept[len(kept)-1] != p) {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}

// state is how the mesh is, for the sign at the navigation.
func (f frame) state() (ui.State, string) {
	switch {
	case f.Mesh.Healthy:
		return ui.Good, "all healthy"
	case f.Mesh.Version == "":
		return ui.Unknown, "health not known"
	}
	return ui.Failing, f.Mesh.Health
}

// htmxConfig keeps htmx within the policy: no inline style, no evaluated text,
// nothing from elsewhere, nothing kept of pages in the browser.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyCacheSize":0,` +
	`"refreshOnHistoryMiss":true,"timeout":20000,"responseHandling":[{"code":"204","swap":false},{"code":"...","swap":true}]}`

// curl is the call of the API as a command; the token is left out.
func curl(http string, s site.Same) string {
	var b strings.Builder
	b.WriteString(`curl -H "Authorization: Bearer $WEIR_TOKEN"`)
	if s.Method != "" && s.Method != "GET" {
		b.WriteString(" -X " + s.Method)
	}
	if s.Body != "" {
		b.WriteString(" -H 'Content-Type: application/json' -d " + quote(s.Body))
	}
	b.WriteString(" " + quote(http+s.Path))
	return b.String()
}

// quote makes a text one word of a shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// commandOf is the command for the drawer's line, cut to a line.
func commandOf(all []site.Same) string {
	for _, s := range all {
		if s.Command != "" {
			line, _, _ := strings.Cut(s.Command, "\n")
			return line
		}
	}
	if len(all) > 0 {
		return all[0].Method + " " + all[0].Path
	}
	return ""
}

func pathOf(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	return u.Path
}

// jsonKeys is the navigation's keys for the script.
func jsonKeys() string {
	m := map[string]string{"h": "/", "n": "/nodes"}
	for _, p := range places {
		m[p.Key] = p.Href
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "{}"
	}
	return string(b)
}
