// A walk through Roster as a product's backend makes it: a team, an invitation, a new member, a refusal.
//
// Copy connect, actingFor and explain; the walk itself is yours to replace.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "example.org/roster-client/gen/roster/v1"
)

//go:generate buf generate ../.. --template buf.gen.yaml --path ../../proto/roster
//go:generate cp ../service_config.json gen/service_config.json

// The retries and time-outs that clients of every language share.
//
//go:embed gen/service_config.json
var serviceConfig string

// What a call may take, retries included, where its context says nothing else.
const deadline = 5 * time.Second

// A person in whose name the backend calls.
type person struct{ userID, email string }

var (
	ada = person{"ada", "ada@example.org"}
	bob = person{"bob", "bob@example.org"}
)

func main() {
	if len(os.Args) > 2 {
		fmt.Fprintln(os.Stderr, "usage: roster-client [ADDRESS]")
		os.Exit(2)
	}
	if err := walk(address()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", explain(err))
		os.Exit(1)
	}
}

func walk(address string) error {
	conn, err := connect(address)
	if err != nil {
		return err
	}
	defer conn.Close()
	teams, invitations := pb.NewTeamServiceClient(conn), pb.NewInvitationServiceClient(conn)
	asAda, err := actingFor(ada)
	if err != nil {
		return err
	}
	asBob, err := actingFor(bob)
	if err != nil {
		return err
	}

	// A retry sends the same message again, and so the same request_id: what it asks for happens once. Keep the id
	// beside the task if you may have to repeat the call after a crash or a DEADLINE_EXCEEDED.
	created, err := teams.CreateTeam(asAda, &pb.CreateTeamRequest{
		Policy: "workspace", DisplayName: "Analytical Engines", RequestId: uuid.NewString(),
	})
	if err != nil {
		return err
	}
	team := created.Team
	fmt.Printf("created %s under the policy %s\n", team.TeamId, team.Policy)

	// The answer holds the secret, for you to pass on; with SendEmail the service mails it. It belongs in no log.
	invited, err := invitations.CreateInvitation(asAda, &pb.CreateInvitationRequest{
		TeamId: team.TeamId, Email: bob.email, Role: "user", RequestId: uuid.NewString(),
		Delivery: &pb.DeliveryChoice{Choice: &pb.DeliveryChoice_ReturnToken{ReturnToken: &pb.ReturnToken{}}},
	})
	if err != nil {
		return err
	}
	fmt.Printf("invited %s as %s\n", invited.Invitation.Email, invited.Invitation.Role)

	accepted, err := invitations.AcceptInvitation(asBob, &pb.AcceptInvitationRequest{
		Invitation: &pb.AcceptInvitationRequest_Token{Token: invited.Token}, RequestId: uuid.NewString(),
	})
	if err != nil {
		return err
	}
	fmt.Printf("joined: %s\n", accepted.Member.UserId)

	// Pages of one to show how it goes; take 50, the default, or up to 200.
	list := &pb.ListMembersRequest{TeamId: team.TeamId, PageSize: 1}
	for page := 1; page == 1 || list.PageToken != ""; page++ {
		listed, err := teams.ListMembers(asAda, list)
		if err != nil {
			return err
		}
		for _, member := range listed.Members {
			fmt.Printf("page %d: %s, %s\n", page, member.UserId, member.Role)
		}
		list.PageToken = listed.NextPageToken
	}

	// Refused on purpose: an address that is none, no role, no delivery. All that is wrong is told at once.
	_, err = invitations.CreateInvitation(asAda, &pb.CreateInvitationRequest{
		TeamId: team.TeamId, Email: "nobody", RequestId: uuid.NewString(),
	})
	if err == nil {
		return errors.New("an invitation to nobody was made")
	}
	fmt.Printf("refused: %s\n", explain(err))
	return nil
}

// Connects once for the whole process: a connection carries many calls, and is made again when it breaks.
func connect(address string) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if ca := os.Getenv("ROSTER_CA"); ca != "" {
		var err error
		if transport, err = credentials.NewClientTLSFromFile(ca, ""); err != nil {
			return nil, fmt.Errorf("ROSTER_CA: %w", err)
		}
	} else if os.Getenv("ROSTER_TOKEN") != "" && !isLoopback(address) {
		return nil, errors.New("a token does not travel in plaintext: set ROSTER_CA to the service's authority")
	}
	return grpc.NewClient(address,
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(serviceConfig),
		// Ours alone: no other from DNS.
		grpc.WithDisableServiceConfig(),
		grpc.WithUnaryInterceptor(withDeadline))
}

// No call waits for ever, not even one that forgot to say how long.
func withDeadline(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	return invoke(ctx, method, request, reply, conn, options...)
}

// A context whose calls are this service's, in the name of that person. With ROSTER_TOKEN it shows its own token and the
// person's; otherwise it says who the person is, which only dev mode believes.
func actingFor(person person) (context.Context, error) {
	ctx := context.Background()
	token := os.Getenv("ROSTER_TOKEN")
	if token == "" {
		return metadata.AppendToOutgoingContext(ctx, "x-actor-user-id", person.userID,
			"x-actor-email", person.email, "x-actor-email-verified", "true"), nil
	}
	name := "ROSTER_ACTOR_TOKEN_" + strings.ToUpper(person.userID)
	actor := os.Getenv(name)
	if actor == "" {
		return nil, fmt.Errorf("%s is not set: with ROSTER_TOKEN each person needs a token", name)
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token, "x-actor-token", actor), nil
}

// What went wrong. A program decides by the code and the reason; texts are for people, and may change.
func explain(err error) string {
	refusal, ok := status.FromError(err)
	if !ok {
		return err.Error()
	}
	name, lines := refusal.Code().String(), ""
	for _, detail := range refusal.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			name += " " + detail.Reason
		case *errdetails.BadRequest:
			for _, field := range detail.FieldViolations {
				lines += fmt.Sprintf("\n  %s: %s", field.Field, field.Description)
			}
		}
	}
	return fmt.Sprintf("%s: %s%s", name, refusal.Message(), lines)
}

func address() string {
	if len(os.Args) > 1 {
		return os.Args[1]
	}
	if address := os.Getenv("ROSTER_ADDRESS"); address != "" {
		return address
	}
	return "127.0.0.1:50051"
}

func isLoopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
