package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/demo"
	"github.com/weirmesh/weir/internal/node"
)

// demoSeed makes every demo the same world.
const demoSeed = 20_261_101

func (c *cli) upCommand() *cobra.Command {
	var withDemo, debug bool
	var cfg node.Config
	cmd := &cobra.Command{
		Use: "up", Short: "Start a node", Args: cobra.NoArgs,
		Long: `Starts a node: the pages and the API on --http, the gateway for Kafka clients on
--kafka, the schema registry on --registry (and below /registry of --http), the
records on an embedded broker in --data, or on the Kafka cluster of --cluster.

When everything accepts, it prints one line on standard output:
  ready http=http://HOST:PORT kafka=HOST:PORT registry=http://HOST:PORT
Logs and errors go to standard error. SIGTERM and Ctrl-C end it.`,
		Example: "  weir up --demo\n  weir up --data /srv/weir --cluster kafka1:9092,kafka2:9092",
		RunE: func(cmd *cobra.Command, _ []string) error {
			level := slog.LevelInfo
			if debug {
				level = slog.LevelDebug
			}
			cfg.Log = slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: level}))
			cfg.Now, cfg.Random, cfg.Version = time.Now, rand.Reader, version()
			cfg.Founded = func(f node.Founding) {
				fmt.Fprintf(c.Err, "\nThis is a new mesh. Its admin is %q with the password %q, shown this once.\nA token for scripts is in %s/%s.\n\n",
					f.Admin, f.Password, cfg.Data, node.AdminFile)
			}
			u := up{cli: c, cfg: cfg, demo: withDemo}
			return node.Run(cmd.Context(), cfg, u.ready)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&withDemo, "demo", false, "make the demo mesh and feed it")
	f.StringVar(&cfg.Data, "data", defaultData, "the folder that holds everything")
	f.StringVar(&cfg.HTTP, "http", "127.0.0.1:8080", "address of API and health; port 0 is any free one")
	f.StringVar(&cfg.Kafka, "kafka", "127.0.0.1:9092", "address that Kafka clients start from; port 0 is any free one")
	f.StringVar(&cfg.Registry, "registry", "", "address of the schema registry; port 0 is any free one (default: 127.0.0.1:8081, or any free port with port 0 in --http)")
	f.StringVar(&cfg.Advertise, "kafka-advertised", "", "host that Kafka clients are told (default: that of --kafka)")
	f.StringSliceVar(&cfg.Cluster, "cluster", nil, "a Kafka cluster to use instead of the embedded broker: HOST:PORT,...")
	f.StringVar(&cfg.Mesh, "mesh", "", "name of the mesh, at the first start (default: weir)")
	f.Int64Var(&cfg.Limit, "broker-limit", 0, "bytes at which the embedded broker refuses writes (default: 2 GB)")
	f.Int64Var(&cfg.QueryMemory, "query-memory", 0, "bytes that what one query remembers may need; one that needs more stops (default: 512 MB)")
	f.BoolVar(&cfg.NoSync, "broker-no-sync", false, "let the embedded broker acknowledge before the disk has it: faster, and a power cut loses records")
	f.BoolVar(&cfg.Insecure, "insecure", false, "listen on addresses that are not loopback without TLS: tokens and data can be read on the network")
	f.StringVar(&cfg.Brand, "brand", "", "a folder with brand.json and mark.svg: how the pages look (default: Weir's own look)")
	f.BoolVar(&cfg.Stories, "stories", false, "show every page with canned data under /_stories, for who develops pages")
	f.BoolVar(&debug, "debug", false, "log more")
	return cmd
}

// up is one run of a node.
type up struct {
	cli  *cli
	cfg  node.Config
	demo bool
}

// ready makes the demo if it was asked for, then says that all is there.
func (u up) ready(ctx context.Context, n *node.Node) error {
	made, err := u.setupDemo(ctx, n)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(u.cli.Out, "ready http=http://%s kafka=%s registry=http://%s\n", n.HTTP(), n.Kafka(), n.Registry()); err != nil {
		return fmt.Errorf("standard output is closed: %w", err)
	}
	if u.demo {
		a := n.Admin()
		fmt.Fprint(u.cli.Err, "\n"+demo.Try(os.Args[0], a.URL, a.Token, n.Kafka(), made))
	}
	return nil
}

// setupDemo makes the demo mesh and starts its producers.
func (u up) setupDemo(ctx context.Context, n *node.Node) (demo.Made, error) {
	if !u.demo {
		return demo.Made{}, nil
	}
	a := n.Admin()
	if a.Token == "" {
		return demo.Made{}, fmt.Errorf("%s/%s has no token, and the demo acts with it; stop, run weir admin reset --data %s, start again", u.cfg.Data, node.AdminFile, u.cfg.Data)
	}
	cl, err := client.New(a.URL, a.Token)
	if err != nil {
		return demo.Made{}, err
	}
	defer cl.Close()
	made, err := demo.Setup(ctx, cl, n.Kafka(), u.cfg.Data)
	if err != nil {
		return demo.Made{}, fmt.Errorf("the demo cannot be set up: %s; to mend that, start without --demo", message(err))
	}
	n.Run("demo", demo.Producers{Kafka: n.Kafka(), Apps: made.Applications, Seed: demoSeed, Now: u.cfg.Now, Log: u.cfg.Log}.Run)
	return made, nil
}

// resetAdmin is what a reset shows once.
type resetAdmin struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

func (c *cli) adminCommand() *cobra.Command {
	var data, name string
	reset := &cobra.Command{
		Use: "reset", Short: "Give the mesh admin a new password and token, on the machine itself", Args: cobra.NoArgs,
		Long: `Gives the mesh admin a new password, shown once, and writes a new token into
DIR/admin.json. No node may run on the folder. The old password and all sessions
end; tokens stay: end them with weir token delete.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := node.ResetAdmin(cmd.Context(), node.Config{
				Data: data, Log: slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{Level: slog.LevelWarn})),
				Now: time.Now, Random: rand.Reader, Version: version(),
			}, name)
			if err != nil {
				return err
			}
			return printOne(c, resetAdmin{f.Admin, f.Password}, []column[resetAdmin]{
				{"USER", func(r resetAdmin) string { return r.User }},
				{"PASSWORD", func(r resetAdmin) string { return r.Password }},
			})
		},
	}
	reset.Flags().StringVar(&data, "data", defaultData, "the node's folder")
	reset.Flags().StringVar(&name, "name", "admin", "the admin")
	return noun("admin", "The mesh admin, on the machine itself", reset)
}
