package demo

import "fmt"

// Try is three commands that work as they are printed. program is how the weir
// program was started.
func Try(program, url, token, kafka string, apps []Application) string {
	var reader Application
	for _, a := range apps {
		if a.Name == Reader {
			reader = a
		}
	}
	return fmt.Sprintf(`The demo mesh runs. In another terminal, try:

  kcat -b %[1]s -X security.protocol=SASL_PLAINTEXT -X sasl.mechanism=SCRAM-SHA-256 -X sasl.username=%[2]s -X sasl.password=%[3]s -C -t membership.users.v1 -o beginning -c 5

  WEIR_URL=%[4]s WEIR_TOKEN=%[5]s %[6]s product list

  curl -s -H "Authorization: Bearer %[5]s" %[4]s/api/v1/products/execution.stocktrades

`, kafka, reader.Username, reader.Password, url, token, program)
}
