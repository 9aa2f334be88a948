// Package demo is a small mesh to look at: three domains, four open products
// with their schemas, a private stream that waits to be published, and producers
// that feed them for as long as they run.
//
// It is an ordinary user. It makes what it needs through the API with the
// admin's token, and writes through the gateway with its applications' own
// credentials, which it keeps in a file for others to use.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/kit/secretfile"
)

// CredentialsFile is the file in the node's folder that holds the demo's
// applications with their passwords.
const CredentialsFile = "demo-credentials.json"

// Application is an application of the demo, as it stands in the file.
type Application struct {
	Name     string   `json:"name"`
	Username string   `json:"username"`
	Password string   `json:"password"`
	Reads    []string `json:"reads"`
	Writes   []string `json:"writes"`
	Form     Form     `json:"-"` // of what it writes
}

// Made is who can log in to the demo mesh. It is what stands in the file.
type Made struct {
	Applications []Application `json:"applications"`
	People       []Person      `json:"people"`
}

// product is one of the demo's products and who makes it.
type product struct {
	domain, name string // the team is called like the domain
	about, what  string
	kind         string
	retention    string
	producer     string // application
	encoding     string
	file         string // with the schema
	key          string // the field that is the key
	tells        client.Telling
}

func (p product) full() string { return p.domain + "." + p.name }

// products is the demo's mesh. The reader reads all of it.
func products() []product {
	return []product{
		{
			domain: "membership", name: "users", about: "Who our customers are",
			what: "Everyone who registered: region, gender, time. The latest record of a user counts.",
			kind: "table", retention: "forever", producer: "registration", encoding: inAvro, file: "users.avsc", key: "userid", tells: usersTell(),
		},
		{
			domain: "execution", name: "stocktrades", about: "Orders and their execution",
			what: "Every trade: side, quantity, symbol, price, account, user.",
			kind: "stream", retention: "6h", producer: "matching-engine", encoding: inProtobuf, file: "stocktrades.proto", key: "symbol", tells: tradesTell(),
		},
		{
			domain: "edge", name: "pageviews", about: "The web site",
			what: "Every page that a user looked at.",
			kind: "stream", retention: "6h", producer: "web-tracker", encoding: inAvro, file: "pageviews.avsc", key: "userid", tells: viewsTell(),
		},
		{
			domain: "membership", name: "preferences", about: "Who our customers are",
			what: "What a user agreed to and wants to hear of. The latest record of a user counts.",
			kind: "table", retention: "forever", producer: "preference-center", encoding: inJSONSchema, file: "preferences.json", key: "userid", tells: preferencesTell(),
		},
	}
}

// Reader is the application that reads every product of the demo.
const (
	Reader     = "demo-reader"
	readerTeam = "analytics"
)

// Setup makes what is not there yet, and writes the credentials into a folder.
// It may run again on a mesh where it ran before. kafka is the gateway's address.
func Setup(ctx context.Context, cl *client.Client, kafka, dir string) (Made, error) {
	me, err := cl.Me(ctx)
	if err != nil {
		return Made{}, err
	}
	known, err := readCredentials(dir)
	if err != nil {
		return Made{}, err
	}
	folk := meanwhile(ctx, cl, known)
	apps := []Application{{Name: Reader, Writes: []string{}}}
	if err := team(ctx, cl, readerTeam, me.Name, "Looks at everything"); err != nil {
		return Made{}, err
	}
	if err := glossary(ctx, cl); err != nil {
		return Made{}, err
	}
	for _, p := range products() {
		f, err := p.setup(ctx, cl, me.Name)
		if err != nil {
			return Made{}, fmt.Errorf("%s: %w", p.full(), err)
		}
		apps[0].Reads = append(apps[0].Reads, p.full())
		apps = append(apps, Application{Name: p.producer, Reads: []string{}, Writes: []string{p.full()}, Form: f})
	}
	if err := clicks(ctx, cl); err != nil {
		return Made{}, fmt.Errorf("%s: %w", Clicks, err)
	}
	for i := range apps {
		owner := readerTeam
		if i > 0 {
			owner = products()[i-1].domain
		}
		if err := apps[i].setup(ctx, cl, owner, known[apps[i].Name]); err != nil {
			return Made{}, fmt.Errorf("%s: %w", apps[i].Name, err)
		}
		if err := apps[i].check(ctx, cl, kafka, known[apps[i].Name]); err != nil {
			return Made{}, fmt.Errorf("%s: %w", apps[i].Name, err)
		}
	}
	made := Made{Applications: apps}
	if made.People, err = folk(); err != nil {
		return Made{}, err
	}
	return made, secretfile.WriteJSON(filepath.Join(dir, CredentialsFile), made)
}

// setup makes team, domain and product, and says how the product is written.
func (p product) setup(ctx context.Context, cl *client.Client, me string) (Form, error) {
	if err := team(ctx, cl, p.domain, me, p.about); err != nil {
		return Form{}, err
	}
	_, err := cl.Domain(ctx, p.domain)
	if missing(err) {
		_, err = cl.CreateDomain(ctx, client.NewDomain{Name: p.domain, Team: p.domain, Description: p.about})
	}
	if err != nil {
		return Form{}, err
	}
	got, err := cl.Product(ctx, p.full())
	if missing(err) {
		return p.create(ctx, cl)
	}
	if err != nil {
		return Form{}, err
	}
	return p.form(ctx, cl, got)
}

// create makes the product with its schema.
func (p product) create(ctx context.Context, cl *client.Client) (Form, error) {
	got, err := cl.CreateProduct(ctx, client.NewProduct{
		Name: p.full(), Kind: p.kind, Encoding: p.encoding, Schema: p.schema(), KeyEncoding: "string", Key: []string{p.key},
		Access: "open", Description: p.what, Retention: p.retention,
		Telling: p.tells,
	})
	f := Form{Encoding: p.encoding}
	for _, s := range got.Subjects {
		if s.Of == "value" {
			f.ID = int(s.ID)
		}
	}
	return f, err
}

// team makes a team with one member.
func team(ctx context.Context, cl *client.Client, name, member, about string) error {
	_, err := cl.Team(ctx, name)
	if missing(err) {
		_, err = cl.CreateTeam(ctx, client.NewTeam{Name: name, Description: about})
	}
	if err != nil {
		return err
	}
	_, err = cl.AddMember(ctx, name, member)
	return err
}

// check gives an application another password if the one in the file is not
// its own any more: somebody gave it new credentials meanwhile.
func (a *Application) check(ctx context.Context, cl *client.Client, kafka, known string) error {
	if known == "" || a.Password != known {
		return nil // it is fresh
	}
	k, err := a.client(kafka)
	if err != nil {
		return err
	}
	defer k.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := k.Ping(ctx); !errors.Is(err, kerr.SaslAuthenticationFailed) {
		return nil // it logs in, or nobody can say now
	}
	app, err := cl.RotateCredential(ctx, a.Name)
	a.Password = app.Password
	return err
}

// setup registers the application, or takes its password of the file. One whose
// password nobody knows any more gets another.
func (a *Application) setup(ctx context.Context, cl *client.Client, team, known string) error {
	app, err := cl.Application(ctx, a.Name)
	a.Password = known
	switch {
	case missing(err):
		app, err = cl.CreateApplication(ctx, client.NewApplication{Name: a.Name, Team: team, Description: "Part of the demo"})
		a.Password = app.Password
	case err == nil && (a.Password == "" || app.Credentials == "none"):
		app, err = cl.RotateCredential(ctx, a.Name)
		a.Password = app.Password
	}
	a.Username = app.Username
	return err
}

func missing(err error) bool {
	var p *client.Problem
	return errors.As(err, &p) && p.Status == http.StatusNotFound
}

// readCredentials gives the passwords of an earlier run, by the names of
// applications and people, which are never the same.
func readCredentials(dir string) (map[string]string, error) {
	b, err := os.ReadFile(filepath.Join(dir, CredentialsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c Made
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w; delete it, and the demo makes new credentials", CredentialsFile, err)
	}
	out := map[string]string{}
	for _, a := range c.Applications {
		out[a.Name] = a.Password
	}
	for _, p := range c.People {
		out[p.Name] = p.Password
	}
	return out, nil
}
