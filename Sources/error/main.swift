import DaemonKit
import NullDelivery

Daemon.run("error", parameters: [], privileges: .nothing) { startup in
    let service = startup.serviceName
    return { NullDeliveryService.failing(service: service) }
}
