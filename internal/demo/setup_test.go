package demo_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/demo"
	"github.com/weirmesh/weir/internal/node"
)

// TestSetupAgain sets the demo up on a node where it was set up before: with
// all as it was, with credentials that somebody changed, and without its file.
func TestSetupAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n, cl := start(t, dir)
	setup := func() []demo.Application {
		t.Helper()
		made, err := demo.Setup(t.Context(), cl, n.Kafka(), dir)
		must(t, err)
		for _, a := range made.Applications {
			logsIn(t, n.Kafka(), a)
		}
		if len(made.People) != 2 {
			t.Errorf("%d people", len(made.People))
		}
		for _, p := range made.People {
			if _, err := cl.Login(t.Context(), client.NewSession{User: p.Name, Password: p.Password}); err != nil {
				t.Errorf("%s does not sign in: %v", p.Name, err)
			}
		}
		return made.Applications
	}
	first := setup()
	if !slices.Equal(first[0].Reads, []string{"membership.users", "execution.stocktrades", "edge.pageviews", "membership.preferences",
		"execution.quotes", "shop.customers", "shop.orders", "shop.payments"}) {
		t.Errorf("the reader reads %v", first[0].Reads)
	}
	if diff := cmp.Diff(first, setup()); diff != "" {
		t.Errorf("the second time differs:\n%s", diff)
	}
	tellsAll(t, cl)
	_, err := cl.RotateCredential(t.Context(), demo.Reader)
	must(t, err)
	must(t, cl.RevokeCredential(t.Context(), "registration"))
	setup()
	must(t, os.Remove(filepath.Join(dir, demo.CredentialsFile)))
	setup()
}

// tellsAll wants nothing to be missing of what the demo's products and
// weir.activity tell, and the demo's to be read by everybody all the same. Only
// quotes tell of nobody.
func tellsAll(t *testing.T, cl *client.Client) {
	t.Helper()
	all, err := cl.Products(t.Context(), "")
	must(t, err)
	for _, p := range all {
		for _, w := range p.Warnings {
			if w.Rule != "open" && w.Severity != "info" { // its data is made up
				t.Errorf("%s: %s", p.Name, w.Message)
			}
		}
		fs, err := cl.ProductFields(t.Context(), p.Name)
		must(t, err)
		personal := 0
		for _, f := range fs.Fields {
			if f.Type == "" {
				t.Errorf("%s speaks of the field %s, which is not there", p.Name, f.Path)
			}
			if f.ClassificationFrom == "product" && f.Classification == "personal" {
				personal++
			}
		}
		access := "open"
		if p.Name == weir.ActivityProduct {
			access = "request"
		}
		if personal == 0 && p.Name != "execution.quotes" || len(p.Tags) < 2 || p.Access != access || p.Documentation == "" {
			t.Errorf("%s: %d personal fields, tags %v, %s, documentation %q", p.Name, personal, p.Tags, p.Access, p.Documentation)
		}
	}
	terms, err := cl.Terms(t.Context())
	must(t, err)
	if len(all) != 9 || len(terms) != 7 {
		t.Errorf("%d products, %d terms", len(all), len(terms))
	}
}

// start runs a node for as long as the test, and acts as its admin.
func start(t *testing.T, dir string) (*node.Node, *client.Client) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	ready := make(chan *node.Node, 1)
	go func() {
		ended <- node.Run(ctx, node.Config{
			Data: dir, HTTP: "127.0.0.1:0", Kafka: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
		}, func(_ context.Context, n *node.Node) error { ready <- n; return nil })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case n := <-ready:
		cl, err := client.New(n.Admin().URL, n.Admin().Token)
		must(t, err)
		t.Cleanup(cl.Close)
		return n, cl
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return nil, nil
	}
}

// TestSetupKeepsWhatIsThere sets the demo up where its products are in another
// form than it would make them: of an older demo, with a newer schema than its
// own, and without any.
func TestSetupKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	n, cl := start(t, dir)
	for _, name := range []string{"membership", "edge"} {
		_, err := cl.CreateTeam(ctx, client.NewTeam{Name: name})
		must(t, err)
		_, err = cl.CreateDomain(ctx, client.NewDomain{Name: name, Team: name})
		must(t, err)
	}
	_, err := cl.CreateProduct(ctx, client.NewProduct{Name: "membership.users", Kind: "table", Encoding: "json"})
	must(t, err)
	forms := func() map[string]demo.Form {
		t.Helper()
		made, err := demo.Setup(ctx, cl, n.Kafka(), dir)
		must(t, err)
		out := map[string]demo.Form{}
		for _, a := range made.Applications[1:] {
			out[a.Writes[0]] = a.Form
		}
		return out
	}
	first := forms()
	if diff := cmp.Diff(demo.Form{Encoding: "json"}, first["membership.users"]); diff != "" {
		t.Errorf("a product of an older demo:\n%s", diff)
	}
	for name, encoding := range map[string]string{"execution.stocktrades": "protobuf", "edge.pageviews": "avro", "membership.preferences": "json-schema"} {
		if f := first[name]; f.Encoding != encoding || f.ID == 0 {
			t.Errorf("%s is written as %+v", name, f)
		}
	}
	r := cl.Registry()
	subject := "edge.pageviews.v1-value"
	now, err := r.Version(ctx, subject, client.Latest, false)
	must(t, err)
	newer := strings.Replace(now.Schema, `"fields":[`, `"fields":[{"name":"browser","type":"string","default":""},`, 1)
	next, err := r.Register(ctx, subject, client.NewSchema{Schema: newer}, false)
	must(t, err)
	if next.ID == now.ID {
		t.Fatalf("nothing is newer: %+v", next)
	}
	if diff := cmp.Diff(first, forms()); diff != "" {
		t.Errorf("with a newer schema than the demo's:\n%s", diff)
	}
	_, err = r.DeleteVersion(ctx, subject, now.Version, false)
	must(t, err)
	if diff := cmp.Diff(first, forms()); diff != "" {
		t.Errorf("with the demo's schema deleted:\n%s", diff)
	}
	if again, err := r.Version(ctx, subject, client.Latest, false); err != nil || again.ID != now.ID || again.Version != 3 {
		t.Errorf("the schema is there again as %+v: %v", again, err)
	}
}

// TestSetupRefusesAnotherEncoding does not write what the product's readers
// would not understand.
func TestSetupRefusesAnotherEncoding(t *testing.T) {
	t.Parallel()
	n, cl := start(t, t.TempDir())
	_, err := cl.CreateTeam(t.Context(), client.NewTeam{Name: "edge"})
	must(t, err)
	_, err = cl.CreateDomain(t.Context(), client.NewDomain{Name: "edge", Team: "edge"})
	must(t, err)
	_, err = cl.CreateProduct(t.Context(), client.NewProduct{Name: "edge.pageviews", Encoding: "protobuf"})
	must(t, err)
	_, err = demo.Setup(t.Context(), cl, n.Kafka(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "weir product delete edge.pageviews --destroy-data") {
		t.Errorf("it says %v", err)
	}
}

func logsIn(t *testing.T, kafka string, a demo.Application) {
	t.Helper()
	k, err := kgo.NewClient(kgo.SeedBrokers(kafka), kgo.SASL(scram.Auth{User: a.Username, Pass: a.Password}.AsSha512Mechanism()))
	must(t, err)
	defer k.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := k.Ping(ctx); err != nil {
		t.Errorf("%s cannot log in: %v", a.Name, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
