// Package demo is a small mesh to look at: four domains with eight open products
// and their schemas, one that is there for products made of them, a private stream
// that waits to be published, and producers that feed them for as long as they run.
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
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/demo/world"
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
	world.Product
	about     string // of the domain; the team is called like it
	what      string
	retention string
	producer  string // application
	tells     client.Telling
}

// products is the demo's mesh. The reader reads all of it.
func products() []product {
	people, market, web, shop := "Who our customers are", "Orders and their execution", "The web site", "What is bought in the shop"
	all := []product{
		{about: people, what: "Everyone who registered: region, gender, time. The latest record of a user counts.", producer: "registration", tells: usersTell()},
		{about: market, what: "Every trade: side, quantity, symbol, price, account, user.", producer: "matching-engine", tells: tradesTell()},
		{about: web, what: "Every page that a user looked at.", producer: "web-tracker", tells: viewsTell()},
		{about: people, what: "What a user agreed to and wants to hear of. The latest record of a user counts.", producer: "preference-center", tells: preferencesTell()},
		{about: market, what: "The best bid and the best ask for each share, whenever one of them changes.", producer: "price-feed", tells: quotesTell()},
		{about: shop, what: "Everyone who buys in the shop: name, country, segment, card. The latest record of a customer counts.", producer: "shop-accounts", tells: customersTell()},
		{about: shop, what: "Every order with its lines and its total.", producer: "shop-checkout", tells: ordersTell()},
		{about: shop, what: "Every payment by card, for an order or without one.", producer: "payment-provider", tells: paymentsTell()},
	}
	for i, p := range world.Products() {
		all[i].Product = p
		all[i].retention = map[string]string{"table": "forever", "stream": "6h"}[p.Kind]
	}
	return all
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
	if err := domain(ctx, cl, readerTeam, me.Name, "Looks at everything, and makes new products of it"); err != nil {
		return Made{}, err
	}
	if err := glossary(ctx, cl); err != nil {
		return Made{}, err
	}
	s := setup{client: cl, kafka: kafka, me: me.Name, known: known}
	apps, err := s.applications(ctx)
	if err != nil {
		return Made{}, err
	}
	made := Made{Applications: apps}
	if made.People, err = folk(); err != nil {
		return Made{}, err
	}
	return made, secretfile.WriteJSON(filepath.Join(dir, CredentialsFile), made)
}

// setup is what making the demo's parts needs.
type setup struct {
	client *client.Client
	kafka  string            // the gateway's address
	me     string            // who acts
	known  map[string]string // passwords of an earlier run
}

// applications makes the products and those who write and read them; the reader
// is the first. Domains are made side by side, since each change waits for the
// disk.
func (s setup) applications(ctx context.Context) ([]Application, error) {
	ps := products()
	apps := make([]Application, 1+len(ps))
	apps[0] = Application{Name: Reader, Writes: []string{}}
	of := map[string][]int{}
	for i, p := range ps {
		apps[0].Reads = append(apps[0].Reads, p.Full())
		of[p.Domain] = append(of[p.Domain], i)
	}
	var all sync.WaitGroup
	errs := make(chan error, len(of)+1)
	all.Go(func() { errs <- s.application(ctx, readerTeam, &apps[0]) })
	for _, places := range of {
		all.Go(func() { errs <- s.domain(ctx, ps, places, apps[1:]) })
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return apps, nil
}

// domain makes some products, all of one domain, and who writes them.
func (s setup) domain(ctx context.Context, ps []product, places []int, apps []Application) error {
	first := ps[places[0]]
	if err := domain(ctx, s.client, first.Domain, s.me, first.about); err != nil {
		return fmt.Errorf("%s: %w", first.Domain, err)
	}
	for _, i := range places {
		p := ps[i]
		f, err := p.setup(ctx, s.client)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Full(), err)
		}
		apps[i] = Application{Name: p.producer, Reads: []string{}, Writes: []string{p.Full()}, Form: f}
		if err := s.application(ctx, p.Domain, &apps[i]); err != nil {
			return err
		}
	}
	if first.Domain != clicksDomain {
		return nil
	}
	if err := clicks(ctx, s.client); err != nil {
		return fmt.Errorf("%s: %w", Clicks, err)
	}
	return nil
}

// application registers an application and makes sure that it can log in.
func (s setup) application(ctx context.Context, team string, a *Application) error {
	known := s.known[a.Name]
	err := a.setup(ctx, s.client, team, known)
	if err == nil {
		err = a.check(ctx, s.client, s.kafka, known)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", a.Name, err)
	}
	return nil
}

// domain makes a domain, with a team of its name that has one member.
func domain(ctx context.Context, cl *client.Client, name, member, about string) error {
	if err := team(ctx, cl, name, member, about); err != nil {
		return err
	}
	_, err := cl.Domain(ctx, name)
	if missing(err) {
		_, err = cl.CreateDomain(ctx, client.NewDomain{Name: name, Team: name, Description: about})
	}
	return err
}

// setup makes the product, and says how it is written.
func (p product) setup(ctx context.Context, cl *client.Client) (Form, error) {
	got, err := cl.Product(ctx, p.Full())
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
		Name: p.Full(), Kind: p.Kind, Encoding: p.Encoding, Schema: p.Schema(), KeyEncoding: "string", Key: []string{p.KeyField},
		Access: "open", Description: p.what, Retention: p.retention,
		Telling: p.tells,
	})
	f := Form{Encoding: p.Encoding}
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
